"""P2: an approval for a thousand, ten thousand, fifty thousand colleagues: until every row is durable."""

import time

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Figure, Spread
from benchmarks.publishing.ledger import from_now
from benchmarks.publishing.processes import Meter

SIZES = {1_000: 0.1, 10_000: 0.5, 50_000: 2.5}
ROUNDS = 3
FAR = 6 * 3600


def durable(bench: Bench) -> None:
    """The floor: shares, deliveries and short links by `INSERT ... SELECT` in one transaction, and nothing decided about any of them."""
    for full, target in SIZES.items():
        size = bench.size(full)
        walls, costs = [], []
        for _ in range(min(bench.rounds, ROUNDS)):
            bench.ledger.crowd.reserve(size)
            meter, began = Meter.start(**bench.ground.servers()), time.monotonic()
            batch = bench.ledger.queue(size, due=[from_now(FAR)])
            walls.append(time.monotonic() - began)
            costs.append(1000 * sum(meter.read().values()) / size)
            bench.ledger.abandon(batch)
        what = f"{size} people's rows durable in one transaction (INSERT ... SELECT, the floor of the tables)"
        cost = f"{Spread.of(costs):.3f} ms of processor time a row"
        bench.report.add(Figure("P2", what, f"{1000 * Spread.of(walls).median:.0f} ms", cost, f"<= {1000 * target:.0f} ms"))
