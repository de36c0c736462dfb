"""Make the lock files again: `.venv/bin/python requirements/lock.py [--upgrade]`.

`base.lock` is what the product needs; the others are the extras, complete in themselves but never at odds with it. They hold exact
versions, hashes and markers for every platform, and name no package registry: each machine uses its own.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
FLAGS = (
    *("--universal", "--python-version", "3.11", "--generate-hashes"),
    *("--no-emit-index-url", "--no-header", "--no-annotate", "--quiet"),
)


def main(arguments: list[str]) -> None:
    """Lock the product, then each extra within the product's versions."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text())["project"]
    _lock("base", project["dependencies"], arguments)
    for extra, wanted in project["optional-dependencies"].items():
        _lock(extra, wanted, ["--constraint", str(HERE / "base.lock"), *arguments])


def _lock(name: str, wanted: list[str], flags: list[str]) -> None:
    target = HERE / f"{name}.lock"
    command = [str(Path(sys.executable).with_name("uv")), "pip", "compile", "-", *FLAGS, *flags, "--output-file", str(target)]
    subprocess.run(command, input="\n".join(wanted), text=True, check=True, cwd=HERE)


if __name__ == "__main__":
    main(sys.argv[1:])
