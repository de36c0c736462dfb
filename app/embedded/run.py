"""`python3 run.py`: the whole product on this machine, from an empty directory to an address to open."""

import argparse
import hashlib
import json
import os
import shlex
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import config
from app.embedded import leftovers, ports, product
from app.embedded.directory import DataDirectory, write_private
from app.embedded.failures import StartFailed, Stopped, from_os
from app.embedded.process import Child
from app.embedded.servers import Servers, given
from app.embedded.supervisor import Supervisor

DEMO_COMPANY = "Nordwerk"
# What a command beside the running product needs to know.
PUBLISHED = (
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "BASE_URL", "OUTSPOKEN_ENV", "COMPANY_NAME"),
    *("PRACTICE_URL", "PRACTICE_CONTROL_TOKEN", "ALLOWED_PRIVATE_HOSTS"),
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until Ctrl-C or SIGTERM. Returns 0, or 1 after one sentence about what to do."""
    options = _options(arguments)
    data = DataDirectory(options.data.absolute())
    try:
        data.open()
        Run(data, port=options.port, demo=not options.no_demo).go()
    except Stopped:
        return 0
    except StartFailed as failure:
        print(failure)
        return 1
    except OSError as error:
        print(from_os(error, Path(error.filename or data.path)))
        return 1
    finally:
        data.close()
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description="Run Outspoken on this machine.")
    parser.add_argument("--port", type=int, default=8000, help="the port of the pages (8000)")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("OUTSPOKEN_DATA") or product.ROOT / "var"), metavar="DIR")
    parser.add_argument("--no-demo", action="store_true", help="start with an empty company")
    return parser.parse_args(arguments)


class Run:
    """One run of the product in one data directory."""

    def __init__(self, data: DataDirectory, *, port: int, demo: bool) -> None:
        self._began = time.monotonic()
        self._data = data
        self._demo = demo
        leftovers.clean(data.run_file)
        self._port = ports.need(port, purpose="the pages", way_out="choose another with --port N")
        secrets = data.secrets()
        self._practice_port = self._keep_practice_port()
        self._environment: dict[str, str] = {}
        self._supervisor = Supervisor(data.logs, on_start=self._record)
        self._servers = Servers(data, self._supervisor, secrets)
        self._environment = product.environment(self._servers.addresses(), secrets, port=port, practice_port=self._practice_port)
        if demo and not given("COMPANY_NAME"):
            self._environment["COMPANY_NAME"] = DEMO_COMPANY

    def go(self) -> None:
        """Start everything, stay, and stop everything; leaves no process behind however it ends."""
        self._supervisor.listen()
        try:
            self._start()
            self._supervisor.watch()
            print("\nStopping ...", flush=True)
        finally:
            self._supervisor.stop()
            leftovers.forget(self._data.run_file)

    def _start(self) -> None:
        print(f"Outspoken {config.VERSION}: starting {self._servers.labels()}, files in {self._data.path}", flush=True)
        self._servers.launch()
        product.load()
        self._servers.wait()
        self._supervisor.start(product.practice(self._environment, port=self._practice_port, data=self._data.path / "practice"))
        self._prepare()
        for service in (
            product.web(self._environment, port=self._port),
            product.worker(self._environment),
        ):
            self._supervisor.start(service)
        self._supervisor.wait_until(self._healthy, what="the product", timeout=120)
        self._greet()

    def _prepare(self) -> None:
        """Migrate, and load the demo company, unless this very database has had both."""
        marks = self._servers.done_marks()
        done: dict[str, str] = json.loads(marks.read_text()) if marks.exists() and self._servers.cluster else {}
        wanted = _fingerprint(product.ROOT / "migrations" / "versions")
        if done.get("migrated") != wanted:
            self._supervisor.run_once(product.command("migrate", env=self._environment))
            done["migrated"] = wanted
        if self._demo and "demo" not in done:
            self._supervisor.wait_until(lambda: _listens(self._practice_port), what="the practice network")
            done["demo"] = self._supervisor.run_once(product.command("demo", env=self._environment)).last_lines(40)
        if self._servers.cluster:
            write_private(marks, json.dumps(done))
        self._people = done.get("demo", "")

    def _healthy(self) -> bool:
        return _answer(self._port, "/healthz").startswith((b"HTTP/1.1 200", b"HTTP/1.0 200"))

    def _greet(self) -> None:
        print(f"Ready in {time.monotonic() - self._began:.1f} s.\n\n  {self._environment['BASE_URL']}\n")
        if self._people:
            print(self._people + "\n")
        else:
            command = f'OUTSPOKEN_DATA={shlex.quote(str(self._data.path))} python3 run.py create-admin you@company.example "Your Name"'
            print(f"Nobody can sign in yet? The first admin is made in a second terminal:\n  {command}\n")
        print("Ctrl-C stops everything; the data stays.", flush=True)

    def _record(self, children: list[Child]) -> None:
        leftovers.record(self._data.run_file, children, _published(self._environment))

    def _keep_practice_port(self) -> int:
        """The practice network's port, the same at every start: accounts that were connected there know its address."""
        file = self._data.path / "practice-port"
        way_out = "stop what uses it, or choose another place with --data DIR"
        if file.exists():
            return ports.need(int(file.read_text()), purpose="the practice network", way_out=way_out)
        chosen = next(port for port in (self._port + 1, *ports.pick(3)) if port != self._port and ports.is_free(port))
        file.write_text(str(chosen))
        return chosen


def _published(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in PUBLISHED if name in environment}


def _fingerprint(directory: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(directory.glob("*.py")):
        digest.update(file.name.encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()


def _listens(port: int) -> bool:
    return bool(_answer(port, "/"))


def _answer(port: int, path: str) -> bytes:
    """The first line of an HTTP answer from loopback, or nothing."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            return connection.recv(64)
    except OSError:
        return b""
