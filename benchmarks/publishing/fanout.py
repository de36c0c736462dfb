"""P2: an approval for a thousand, ten thousand, fifty thousand colleagues: until every row is durable, and until everybody is told."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Figure, Spread
from benchmarks.publishing.ground import until
from benchmarks.publishing.ledger import from_now

SIZES = {1_000: 0.1, 10_000: 0.5, 50_000: 2.5}
FAR = 6 * 3600
APPROVAL = Path(__file__).with_name("approval.py")


def durable(bench: Bench) -> None:
    """The product's own planning; then until its workers have told everybody. Beside it the bare rows of shares, deliveries and links."""
    for full, target in SIZES.items():
        size = bench.size(full)
        floors, found = [], []
        for _ in range(bench.rounds):
            floors.append(1000 * _floor(bench, size))
            found.append(approve(bench, size))
        floor = f"INSERT ... SELECT of shares, deliveries and links {Spread.of(floors):.0f} ms"
        planned = found[0].rows
        if not planned:
            bench.report.add(Figure("P2", f"{size} people's rows durable: the floor of the tables", floor))
            continue
        wall, told = Spread.of([1000 * one.wall for one in found]), Spread.of([one.told for one in found])
        good = wall.median <= 1000 * target
        bench.report.add(
            Figure(
                "P2", f"an approval: {planned} of {size} people's rows durable", f"{wall:.0f} ms", floor, f"<= {1000 * target:.0f} ms", good
            )
        )
        bench.report.add(Figure("P2", f"{planned} shares queued, their owners told, by the workers", f"{told:.1f} s"))


def _floor(bench: Bench, size: int) -> float:
    """Wall seconds of the bare rows."""
    bench.ledger.crowd.reserve(size)
    began = time.monotonic()
    batch = bench.ledger.queue(size, due=[from_now(FAR)])
    wall = time.monotonic() - began
    bench.ledger.abandon(batch)
    return wall


class Approval(NamedTuple):
    """How many rows the product has planned, the seconds until they were committed, and until the workers had told everybody."""

    rows: int
    wall: float
    told: float


def approve(bench: Bench, size: int) -> Approval:
    """A post that so many people have agreed to in advance."""
    assert bench.ours
    post = bench.ledger.consenting(size)
    if post is None:
        return Approval(0, 0.0, 0.0)
    command = (sys.executable, "-c", APPROVAL.read_text(), post.id)
    said = subprocess.run(command, cwd=bench.ground.product, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if said.returncode:
        raise RuntimeError(said.stderr)
    found, began = json.loads(said.stdout.splitlines()[-1]), time.monotonic()
    until(lambda: not bench.ledger.planned(post.batch), seconds=300)
    told = time.monotonic() - began
    bench.ledger.abandon(post.batch)
    return Approval(int(found["rows"]), float(found["wall"]), told)
