"""An embedded Redis-compatible broker: loopback, a password, and an append-only file."""

import socket
from dataclasses import dataclass
from pathlib import Path

from app.embedded.account import Account, give
from app.embedded.binaries import Program
from app.embedded.process import Service

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Broker:
    """One Valkey or Redis with its directory."""

    program: Program
    home: Path
    password: str
    account: Account | None = None

    def service(self, port: int, *, durable: bool = True) -> Service:
        """The server. Its configuration goes through standard input, so that `ps` never shows the password."""
        directory = self.home / "valkey"
        directory.mkdir(mode=0o700, exist_ok=True)
        give(self.account, directory)
        return Service(
            name="valkey",
            command=(str(self.program.path), "-"),
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"},
            cwd=directory,
            account=self.account,
            stage=4,
            feed=self._configuration(directory, port, durable=durable).encode(),
        )

    def _configuration(self, directory: Path, port: int, *, durable: bool) -> str:
        lines = [
            f"bind {LOOPBACK}",
            f"port {port}",
            f"requirepass {self.password}",
            f'dir "{directory}"',
            'save ""',
            f"appendonly {'yes' if durable else 'no'}",
            "appendfsync everysec",
            "maxmemory-policy noeviction",
            "databases 64",
        ]
        return "\n".join(lines) + "\n"

    def ready(self, port: int) -> bool:
        """Whether it has loaded its data and answers."""
        try:
            with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
                connection.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
                answer = connection.recv(256)
                while answer.count(b"\r\n") < 2 and (more := connection.recv(256)):
                    answer += more
        except OSError:
            return False
        return answer.endswith(b"+PONG\r\n")


def url(port: int, password: str, *, number: int = 0) -> str:
    """The address as REDIS_URL takes it."""
    return f"redis://:{password}@{LOOPBACK}:{port}/{number}"
