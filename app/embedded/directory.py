"""The data directory: one run at a time, generated secrets, and a home for the servers' files."""

import base64
import fcntl
import json
import os
import secrets
import shutil
from pathlib import Path

from app.embedded.account import Account, give, may_enter
from app.embedded.failures import StartFailed, from_os

FIRST_START_NEEDS = 300 * 1024 * 1024
ELSEWHERE = Path("/var/lib/outspoken")


class DataDirectory:
    """DIR of `--data DIR`, held by one supervisor until the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "log"
        self.run_file = path / "run.json"
        self._lock = -1

    def open(self) -> None:
        """Make the directory, take its lock and see that there is room; raises StartFailed."""
        try:
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
            self.logs.mkdir(mode=0o700, exist_ok=True)
            self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise from_os(error, self.path) from error
        self._take()
        if not (self.path / "secrets.json").exists():
            self._need_room()

    def _take(self) -> None:
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartFailed(
                f"{self.path} is in use by another run of Outspoken: stop that one, or choose another place with --data DIR."
            ) from error
        except OSError as error:
            raise from_os(error, self.path) from error

    def close(self) -> None:
        """Let another run have it (the end of the process does the same)."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _need_room(self) -> None:
        free = shutil.disk_usage(self.path).free
        if free < FIRST_START_NEEDS:
            raise StartFailed(
                f"Only {free // 2**20} MB are free at {self.path} and a first start needs {FIRST_START_NEEDS // 2**20} MB: "
                "free some space, or choose another place with --data DIR."
            )

    def secrets(self) -> dict[str, str]:
        """The generated passwords and keys, made at the first start and kept (readable by us alone)."""
        path = self.path / "secrets.json"
        try:
            known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
            missing = {name: make() for name, make in GENERATED.items() if name not in known}
            if missing:
                known |= missing
                write_private(path, json.dumps(known, indent=2))
        except ValueError as error:
            raise StartFailed(f"{path} is damaged: restore it from a backup, it holds the encryption keys.") from error
        except OSError as error:
            raise from_os(error, self.path) from error
        return known

    def servers(self, account: Account | None) -> Path:
        """The servers' own directory, which the account owns and can reach.

        Below a directory that is closed to others (root's home) it is a link to a place under /var/lib: opening the parents
        would be worse.
        """
        here = self.path / "servers"
        try:
            if not here.is_dir():
                here.unlink(missing_ok=True)
                self._make_servers(here, account)
        except OSError as error:
            raise from_os(error, self.path) from error
        return here.resolve()

    def _make_servers(self, here: Path, account: Account | None) -> None:
        here.mkdir(mode=0o700)
        give(account, here)
        if may_enter(account, here):
            return
        here.rmdir()
        place = ELSEWHERE / secrets.token_hex(4)
        place.parent.mkdir(mode=0o755, exist_ok=True)
        place.mkdir(mode=0o700)
        give(account, place)
        here.symlink_to(place)


def _fernet_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


def _token() -> str:
    return secrets.token_urlsafe(32)


GENERATED = {
    "SECRET_KEY": _token,
    "ENCRYPTION_KEYS": _fernet_key,
    "DATABASE_PASSWORD": _token,
    "DATABASE_ADMIN_PASSWORD": _token,
    "BROKER_PASSWORD": _token,
    "PRACTICE_CONTROL_TOKEN": _token,
}


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone."""
    fresh = path.with_name(path.name + ".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
