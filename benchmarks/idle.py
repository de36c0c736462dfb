"""Memory and processor time of the idle product, by process.

    .venv/bin/python -m benchmarks.idle DIR 60

Memory is PSS (shared pages divided among those who share them), from /proc; Linux only.
"""

import os
import sys
import time
from pathlib import Path

from benchmarks.product import running

SERVERS = ("postgres", "valkey-server", "redis-server")


def main(data: Path, seconds: int) -> None:
    """Print each process family, then our sum without database and broker."""
    product = running(data)
    families = {pid: family(pid) for pid in [product.supervisor, *product.pids]}
    families[product.supervisor] = [product.supervisor]
    before = {pid: cpu(members) for pid, members in families.items()}
    time.sleep(seconds)
    ours_mib = ours_cpu = 0.0
    for pid, members in families.items():
        mib, used = sum(pss(one) for one in members) / 1024, (cpu(members) - before[pid]) / seconds * 100
        label = name(pid)
        print(f"{label:40} {len(members):3} processes {mib:7.1f} MiB {used:6.2f} % CPU")
        if not label.startswith(SERVERS):
            ours_mib, ours_cpu = ours_mib + mib, ours_cpu + used
    print(f"{'ours, without database and broker':40} {'':13} {ours_mib:7.1f} MiB {ours_cpu:6.2f} % CPU")


def family(pid: int) -> list[int]:
    """A process and all that it started."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def pss(pid: int) -> int:
    """KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def cpu(pids: list[int]) -> float:
    """Seconds of user and system time so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def name(pid: int) -> str:
    """What was started, without its path."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return " ".join(Path(word).name for word in words if word and not word.startswith("-"))[:40]


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 60)
