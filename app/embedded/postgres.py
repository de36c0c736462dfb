"""An embedded PostgreSQL: made once, started on loopback with generated passwords."""

import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.embedded.account import Account, give
from app.embedded.binaries import Program
from app.embedded.directory import write_private
from app.embedded.process import Child, Service
from app.embedded.supervisor import Supervisor

ROLE = "outspoken"
ADMIN = "postgres"
BUILTIN_LOCALE_SINCE = 17
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
# One machine and no replicas: no WAL for them, no JIT for short queries, little memory.
OPTIONS = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL data directory, named after the major version so that a newer server makes its own."""

    program: Program
    home: Path
    account: Account | None = None

    @property
    def directory(self) -> Path:
        """Where the data is."""
        return self.home / f"pg{self.program.version[0]}"

    def exists(self) -> bool:
        """Whether it was made completely."""
        return self.directory.exists()

    def create(self, supervisor: Supervisor, *, admin_password: str, password: str, options: tuple[str, ...] = ()) -> None:
        """Make the data directory, our role and our database; an interrupted attempt leaves nothing that looks complete."""
        fresh = self.directory.with_name(self.directory.name + ".new")
        shutil.rmtree(fresh, ignore_errors=True)
        secret = self.home / "password.new"
        write_private(secret, admin_password)
        give(self.account, secret)
        try:
            supervisor.run_once(self._initdb(fresh, secret, options))
        finally:
            secret.unlink()
        supervisor.run_once(self._first_statements(fresh, password))
        fresh.rename(self.directory)

    def _initdb(self, directory: Path, secret: Path, options: tuple[str, ...]) -> Service:
        builtin = self.program.version[0] >= BUILTIN_LOCALE_SINCE
        locale = ("--locale-provider=builtin", "--locale=C.UTF-8") if builtin else ("--locale=C.UTF-8",)
        access = ("--auth-local=scram-sha-256", "--auth-host=scram-sha-256", f"--username={ADMIN}", f"--pwfile={secret}")
        return self._service("initdb", "-D", str(directory), "--encoding=UTF8", "--no-instructions", *locale, *access, *options)

    def _first_statements(self, directory: Path, password: str) -> Service:
        """Role and database, by PostgreSQL's single-user mode: no port is open before the passwords are set."""
        statements = f"CREATE ROLE {ROLE} LOGIN PASSWORD '{password}'\nCREATE DATABASE {ROLE} OWNER {ROLE}\n"
        return self._service("postgres", "--single", "-D", str(directory), "postgres", feed=statements.encode())

    def service(self, port: int, *, options: Mapping[str, str] | None = None, stop_signal: signal.Signals = signal.SIGINT) -> Service:
        """The server; SIGINT is its fast and clean stop."""
        settings = OPTIONS | {"listen_addresses": "127.0.0.1", "port": str(port), "unix_socket_directories": ""} | dict(options or {})
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return self._service("postgres", "-D", str(self.directory), *flags, stop_signal=stop_signal)

    def _service(self, tool: str, *arguments: str, stop_signal: signal.Signals = signal.SIGTERM, feed: bytes = b"") -> Service:
        return Service(
            name="postgres" if stop_signal != signal.SIGTERM else "initdb",
            command=(str(self.program.path.with_name(tool)), *arguments),
            env=ENVIRONMENT,
            cwd=self.home,
            account=self.account,
            stage=4,
            stop_signal=stop_signal,
            feed=feed,
        )

    def ready(self, child: Child) -> bool:
        """Whether it takes connections: the server writes so in its pid file (an old file has another pid)."""
        try:
            lines = (self.directory / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[0] == str(child.popen.pid) and lines[7].strip() == "ready"


def url(port: int, password: str, *, user: str = ROLE, database: str = ROLE) -> str:
    """The address as DATABASE_URL takes it."""
    return f"postgresql://{user}:{password}@127.0.0.1:{port}/{database}"
