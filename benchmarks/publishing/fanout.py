"""P2: an approval for a thousand, ten thousand, fifty thousand colleagues: until every row is durable."""

import json
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Figure, Spread
from benchmarks.publishing.ledger import from_now
from benchmarks.publishing.processes import Meter

SIZES = {1_000: 0.1, 10_000: 0.5, 50_000: 2.5}
ROUNDS = 3
FAR = 6 * 3600
APPROVAL = Path(__file__).with_name("approval.py")


def durable(bench: Bench) -> None:
    """The product's own planning, and beside it the floor of its tables: the same rows by `INSERT ... SELECT`, with nothing decided."""
    for full, target in SIZES.items():
        size = bench.size(full)
        floors, ours, planned = [], [], 0
        for _ in range(min(bench.rounds, ROUNDS)):
            floors.append(_floor(bench, size))
            planned, *cost = approve(bench, size)
            ours.append(tuple(cost))
        walls, costs = ([1000 * one[place] for one in ours] for place in (0, 1))
        floor, rows = Spread.of([1000 * wall for wall, _ in floors]), Spread.of([1000 * cpu / size for _, cpu in floors])
        if not planned:
            bench.report.add(Figure("P2", f"{size} people's rows durable: the floor of the tables", f"{floor:.0f} ms"))
            continue
        wall, each = Spread.of(walls), Spread.of([cost / size for cost in costs])
        beside = f"INSERT ... SELECT alone {floor:.0f} ms, {rows.median:.3f} ms"
        what = f"an approval: {planned} of {size} people's rows durable"
        good = wall.median <= 1000 * target
        bench.report.add(
            Figure("P2", what, f"{wall:.0f} ms, processor {each.median:.3f} ms a row", beside, f"<= {1000 * target:.0f} ms", good)
        )


def _floor(bench: Bench, size: int) -> tuple[float, float]:
    """Wall and processor seconds of the bare rows."""
    bench.ledger.crowd.reserve(size)
    meter, began = Meter.start(**bench.ground.servers()), time.monotonic()
    batch = bench.ledger.queue(size, due=[from_now(FAR)])
    wall = time.monotonic() - began
    cost = sum(meter.read().values())
    bench.ledger.abandon(batch)
    return wall, cost


def approve(bench: Bench, size: int) -> tuple[int, float, float]:
    """How many deliveries the product plans for so many standing consents, and its wall and processor seconds (with the servers')."""
    post = bench.ledger.consenting(size)
    if post is None:
        return 0, 0.0, 0.0
    meter = Meter.start(**bench.ground.servers())
    command = (sys.executable, "-c", APPROVAL.read_text(), post.id)
    said = subprocess.run(command, cwd=bench.ground.product, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if said.returncode:
        raise RuntimeError(said.stderr)
    cost = sum(meter.read().values())
    found = json.loads(said.stdout.splitlines()[-1])
    bench.ledger.abandon(post.batch)
    return int(found["rows"]), float(found["wall"]), float(found["cpu"]) + cost
