"""Processor time and memory of process families, from /proc (Linux)."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

TICK = float(os.sysconf("SC_CLK_TCK"))


def family(pid: int) -> list[int]:
    """A process and all that it started and that lives."""
    found = [pid]
    for one in found:
        with suppress(OSError):  # it may end while we look
            for task in Path(f"/proc/{one}/task").glob("*/children"):
                found += [int(child) for child in task.read_text().split()]
    return found


def seconds(pid: int) -> float:
    """User and system time of a family so far, children that have ended included."""
    return cpu(family(pid))


def cpu(pids: Iterable[int]) -> float:
    """User and system time of these processes so far, of children that have ended too, in seconds; of who has ended none."""
    return sum(map(_ticks, pids)) / TICK


def _ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])


def resident(pid: int) -> float:
    """Resident memory of a family, MiB."""
    total = 0
    for one in family(pid):
        try:
            total += int(Path(f"/proc/{one}/statm").read_text().split()[1])
        except OSError:
            continue
    return total * os.sysconf("SC_PAGE_SIZE") / 2**20


@dataclass(frozen=True)
class Meter:
    """Processor seconds by name, read twice and taken from each other."""

    pids: dict[str, list[int]]
    began: dict[str, float]

    @classmethod
    def start(cls, **pids: list[int]) -> "Meter":
        """From now on."""
        return cls(pids, {name: sum(map(seconds, group)) for name, group in pids.items()})

    def read(self) -> dict[str, float]:
        """Seconds since the start, by name."""
        return {name: sum(map(seconds, group)) - self.began[name] for name, group in self.pids.items()}
