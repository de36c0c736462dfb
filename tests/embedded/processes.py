"""Looking at processes from outside."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

LINUX = sys.platform.startswith("linux")


def descendants(root: int) -> set[int]:
    """All processes below this one."""
    children: dict[int, list[int]] = {}
    for pid, parent in _parents():
        children.setdefault(parent, []).append(pid)
    found, waiting = set[int](), [root]
    while waiting:
        new = children.get(waiting.pop(), [])
        found.update(new)
        waiting += new
    return found


def _parents() -> Iterator[tuple[int, int]]:
    """Every process and its parent; from /proc where there is one, since a small image has no `ps`."""
    if LINUX:
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                yield int(stat.parent.name), int(stat.read_text().rpartition(")")[2].split()[1])
        return
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    for line in table.splitlines():
        pid, parent = map(int, line.split())
        yield pid, parent


def command_lines() -> str:
    """What everybody on this machine can see of all processes."""
    if not LINUX:
        return subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    said = ""
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            said += file.read_text(errors="replace") + "\n"
    return said


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(pid, 0)
        return not LINUX or Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def wait_for(check: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Wait until it holds; False when it never did."""
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def all_gone(pids: set[int], seconds: float = 10.0) -> bool:
    """Whether all of them end within that time."""
    return wait_for(lambda: not any(alive(pid) for pid in pids), seconds)
