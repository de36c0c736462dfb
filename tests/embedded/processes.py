"""Looking at processes from outside."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def descendants(root: int) -> set[int]:
    """All processes below this one."""
    table = subprocess.run(["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in table.splitlines():
        pid, parent = map(int, line.split())
        children.setdefault(parent, []).append(pid)
    found, waiting = set[int](), [root]
    while waiting:
        new = children.get(waiting.pop(), [])
        found.update(new)
        waiting += new
    return found


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits for its parent does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z" if Path("/proc/self").exists() else True
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
