#!/usr/bin/env python3
"""Everything starts here, on a machine that has nothing but Python 3.11 or newer.

python3 run.py [--port N] [--data DIR] [--no-demo]   run the product (database and broker included)
python3 run.py test [pytest arguments]               run all tests
python3 run.py lint                                  check style, types and the order of the rooms
python3 run.py install                               only install (for servers and images)
python3 run.py web | worker | beat | migrate | demo | doctor | ...   one command; `python3 run.py help` lists them
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path

from requirements.prepare import PYTHON, ROOT, VENV, CannotGoOn, environment, everything_for

OLDEST_PYTHON = (3, 11)
LINTERS = (("ruff", "check"), ("ruff", "format", "--check"), ("mypy",), ("lint-imports",))


def main(arguments: list[str]) -> int:
    """Install what the command needs, then become it."""
    command = arguments[0] if arguments and not arguments[0].startswith("-") else "run"
    rest = arguments[1:] if arguments[:1] == [command] else arguments
    if command == "help":
        print(__doc__)
    try:
        check_machine()
        with one_at_a_time():
            everything_for(command)
        if command == "install":
            return 0
        if command == "lint":
            return lint()
        become(command, rest)
    except CannotGoOn as reason:
        print(reason, file=sys.stderr)
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
    return 1


def check_machine() -> None:
    """Python new enough, and a system that the servers and Celery run on."""
    if sys.version_info[:2] < OLDEST_PYTHON:
        raise CannotGoOn(f"Outspoken needs Python 3.11 or newer and this is {sys.version.split()[0]}: start run.py with a newer one.")
    if os.name != "posix":
        raise CannotGoOn("Outspoken runs on Linux and macOS: on Windows use WSL2, or `docker compose up`.")


@contextlib.contextmanager
def one_at_a_time():  # type: ignore[no-untyped-def]  # noqa: ANN201 - a generator; its type would need an import that old Pythons lack
    """Two runs never install into the same place side by side."""
    import fcntl  # noqa: PLC0415 - missing on Windows, where check_machine has spoken by now

    try:
        (ROOT / ".cache").mkdir(exist_ok=True)
        with (ROOT / ".cache" / "run.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    except PermissionError as error:
        raise CannotGoOn(f"{ROOT} is not writable for you: copy the project to a place that is yours.") from error


def lint() -> int:
    """All linters, even after one has complained."""
    failed = [
        line for line in LINTERS if subprocess.run([VENV / "bin" / line[0], *line[1:]], cwd=ROOT, env=environment(), check=False).returncode
    ]
    for line in failed:
        print("failed:", *line, file=sys.stderr)
    return 1 if failed else 0


def become(command: str, arguments: list[str]) -> None:
    """Replace this process, so that Ctrl-C and signals reach the command itself."""
    env = environment()
    if command == "test":
        if not any("not browser" in argument for argument in arguments):
            env["CHROMIUM"] = find_chromium()
        spread = (
            []
            if any(argument.startswith(("-n", "--numprocesses", "-p")) for argument in arguments)
            else ["-n", "logical", "--dist", "worksteal"]
        )
        line = ["-m", "pytest", *spread, *arguments]
    else:
        line = ["-m", "app", *([] if command == "help" else [command]), *absolute_data(arguments)]
        env = {**running_environment(), **env} if command not in ("run", "web", "worker", "beat") else env
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execve(str(PYTHON), [str(PYTHON), *line], env)


def absolute_data(arguments: list[str]) -> list[str]:
    """`--data DIR` is meant from where the person stands, not from the project."""
    flat = [part for argument in arguments for part in (argument.split("=", 1) if argument.startswith("--data=") else [argument])]
    return [str(Path(value).absolute()) if before == "--data" else value for before, value in zip(["", *flat], flat, strict=False)]


def running_environment() -> dict[str, str]:
    """The addresses and keys of a product that runs from its data directory now, for commands beside it (doctor, demo ...)."""
    data = Path(os.environ.get("OUTSPOKEN_DATA") or ROOT / "var")
    try:
        found: dict[str, str] = json.loads((data / "run.json").read_text())["environment"]
    except (OSError, ValueError, KeyError):
        return {}
    return {} if "DATABASE_URL" in os.environ else found


def find_chromium() -> str:
    """The path of a Chromium for the browser tests, installed when there is none."""
    asked = subprocess.run([PYTHON, "-m", "tests.chromium"], cwd=ROOT, stdout=subprocess.PIPE, stderr=None, text=True, check=False)
    if asked.returncode:
        raise CannotGoOn("The browser tests need a Chromium.")
    return asked.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
