"""One child process: its own session, its own log, and an end that comes with ours."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from app.embedded.account import Account
from app.embedded.forking import Forked, fork

LINUX = sys.platform.startswith("linux")
PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LOG_LIMIT = 5 * 1024 * 1024
_libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


@dataclass(frozen=True)
class Service:
    """What to start, as whom, and how it likes to be stopped. Services of a lower `stage` are stopped first.

    `ours`: the command is `python -m ...` of this very program, and may be a fork of the supervisor.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    account: Account | None = None
    stage: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals | None = None
    grace: float = 12.0
    feed: bytes = b""
    ours: bool = False


class Running(Protocol):
    """A process that we have started."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None:
        """Its exit code, or None while it runs."""

    def wait(self) -> int | None:
        """Its exit code, once there is one."""

    def send_signal(self, number: signal.Signals, /) -> None:
        """Nothing happens when it has ended."""


@dataclass
class Child:
    """A running service."""

    service: Service
    popen: Running
    log: Path
    log_start: int = field(default=0)

    def ended(self) -> bool:
        """Whether the process has ended (and has been reaped)."""
        return self.popen.poll() is not None

    def ask_to_stop(self) -> None:
        """Send the signal that this service understands; safe when it is gone."""
        if not self.ended():
            self.popen.send_signal(self.service.stop_signal)

    def kill_group(self) -> None:
        """End whatever is left of its session."""
        try:
            os.killpg(self.popen.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            return

    def last_lines(self, count: int = 12) -> str:
        """The end of what it wrote in this run."""
        with self.log.open("rb") as file:
            file.seek(self.log_start)
            text = file.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-count:])


def spawn(service: Service, logs: Path) -> Child:
    """Start it. Must be called from the main thread: Linux sends the death signal when the *thread* that started a child ends."""
    log = logs / f"{service.name}.log"
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        start = output.tell()
        running = _fork(service, output) if service.ours and LINUX else _execute(service, output)
    return Child(service, running, log, start)


def _execute(service: Service, output: IO[bytes]) -> Running:
    account = service.account
    popen = subprocess.Popen(
        service.command,
        env=dict(service.env),
        cwd=service.cwd,
        stdin=subprocess.PIPE if service.feed else subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=_dies_with_us(service),  # noqa: PLW1509 - we have no threads
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if popen.stdin:
        with popen.stdin:
            popen.stdin.write(service.feed)
    return popen


def _fork(service: Service, output: IO[bytes]) -> Forked:
    module, *arguments = service.command[2:]
    prepare = _dies_with_us(service)
    return fork(module, arguments, env=service.env, cwd=service.cwd, output=output.fileno(), prepare=prepare)


def _dies_with_us(service: Service) -> Callable[[], None] | None:
    """Run in the child right after the fork; after the account was changed, which would clear the setting."""
    if _libc is None:
        return None
    parent, prctl, number = os.getpid(), _libc.prctl, int(service.orphan_signal or service.stop_signal)

    def prepare() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def adopt_orphans() -> None:
    """Grandchildren whose parent dies become our children, so that none can slip away (Linux)."""
    if _libc is not None:
        _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def started_at(pid: int) -> str:
    """When this process started, in whatever unit the system has; empty when it has ended. Tells a reused pid from the old one."""
    if LINUX:
        try:
            boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            return "" if fields[0] == "Z" else f"{boot} {fields[19]}"
        except (OSError, IndexError):
            return ""
    return subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout.strip()


def our_children() -> list[int]:
    """Pids whose parent we are, the adopted ones too (Linux; elsewhere none are adopted)."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat") if LINUX else []:
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.append(int(stat.parent.name))
    return found
