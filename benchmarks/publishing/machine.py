"""What the machine can do this minute: a block of measurements during which it changed is not worth much."""

import hashlib
import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.publishing.contestants import Naive

MOVED = 0.15
NOOPS, MEGABYTES = 300, 64


@dataclass(frozen=True)
class Fingerprint:
    """Celery tasks that do nothing a second, and SHA-256 megabytes a second."""

    noops: float
    sha256: float

    def moved(self, other: "Fingerprint") -> float:
        """The larger of the two changes, as a share."""
        pairs = ((self.noops, other.noops), (self.sha256, other.sha256))
        return max(abs(one - two) / max(one, two) for one, two in pairs)

    def __str__(self) -> str:
        return f"Celery no-op {self.noops:.0f}/s, sha256 {self.sha256:.0f} MB/s, load {os.getloadavg()[0]:.1f}"


def fingerprint(naive: Naive) -> Fingerprint:
    """Takes about two seconds."""
    block, began = bytes(2**20), time.perf_counter()
    for _ in range(MEGABYTES):
        hashlib.sha256(block).digest()
    sha256 = MEGABYTES / (time.perf_counter() - began)
    return Fingerprint(naive.noops(NOOPS), sha256)


def describe() -> str:
    """Processors, memory, system and Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} processors ({model}), {memory:.0f} GiB, {system}"
