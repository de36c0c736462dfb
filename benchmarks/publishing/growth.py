"""P6: what a delivery costs when there are a thousand, ten thousand, a hundred thousand of them."""

from dataclasses import dataclass

import redis

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.contestants import Run
from benchmarks.publishing.drawing import Curve, draw
from benchmarks.publishing.figures import Figure, exponent
from benchmarks.publishing.ground import Ground
from benchmarks.publishing.processes import resident

SIZES = (1_000, 10_000, 100_000)
PARKED = 1_000
# As a database is that has been looked after while nothing was due: its statistics know no queue, and the plans must bear that.
QUIET = "VACUUM (ANALYZE) deliveries"


@dataclass(frozen=True)
class Step:
    """One size: milliseconds of processor time a delivery, seconds in all, MiB of all workers, bytes of Redis a pending delivery."""

    size: int
    cost: float
    wall: float
    memory: float
    pending: float


def curve(bench: Bench) -> None:
    """Smallest first; memory is read at the end of each."""
    bench.ground.judge.set()
    sizes = [bench.size(size) for size in SIZES if size <= bench.largest]
    before = memory(bench)
    steps = [step(bench, size) for size in sizes]
    first, last = steps[0], steps[-1]
    costs = exponent(sizes, [one.cost * one.size for one in steps])
    walls = exponent(sizes, [one.wall for one in steps])
    ratio, grown, pending = last.cost / first.cost, last.memory - before, max(one.pending for one in steps)
    by_size = ", ".join(f"{one.size}: {one.cost:.2f} ms" for one in steps)
    times = ", ".join(f"{one.wall:.1f} s" for one in steps)
    bench.report.add(
        Figure("P6", "processor time a delivery by size", by_size, f"exponent {costs:.3f}", "exponent <= 1.03", costs <= 1.03),
        Figure("P6", f"the same, {last.size} to {first.size}", f"{ratio:.2f}", "", "<= 1.15", ratio <= 1.15),
        Figure("P6", "time for all by size", times, f"exponent {walls:.3f}"),
        Figure("P6", "memory of the workers, growth", f"{grown:.0f} MiB (to {last.memory:.0f})", "", "<= 50 MiB", grown <= 50),
        Figure("P6", "Redis a pending delivery", f"{pending:.0f} bytes", f"naive {parked_bytes(bench):.0f}", "<= 1024", pending <= 1024),
    )
    if bench.pictures:
        cost = Curve("ms of processor time a delivery", [(one.size, one.cost) for one in steps])
        wall = Curve("seconds for all", [(one.size, one.wall) for one in steps])
        (bench.pictures / "publishing-growth.svg").write_text(draw("Publishing: growth", [cost, wall]))


def step(bench: Bench, size: int) -> Step:
    """One size."""
    run, pending = _pending(bench, size)
    cost = 1000 * run.total_cpu / size
    bench.report.say(f"P6: {size} in {run.wall:.1f} s, {cost:.2f} ms each; {run.doubled} doubled, {run.lost} lost")
    return Step(size, cost, run.wall, memory(bench), pending)


def _pending(bench: Bench, size: int) -> tuple[Run, float]:
    bench.ours.ledger.crowd.reserve(size)
    bench.connection.execute(QUIET)
    before = used(bench.ground)
    readings: list[float] = []
    run = bench.ours.run(size, queued=lambda: readings.append((used(bench.ground) - before) / size))
    return run, max(readings)


def memory(bench: Bench) -> float:
    """MiB of all workers."""
    assert bench.ours
    return sum(resident(child.popen.pid) for child in bench.ground.workers)


def used(ground: Ground, number: int = 0) -> int:
    """Bytes that Redis has in use."""
    with redis.Redis.from_url(ground.broker_url(number)) as broker:
        return int(broker.info("memory")["used_memory"])


def parked_bytes(bench: Bench) -> float:
    """Bytes of Redis for each waiting message of the naive design."""
    before = used(bench.ground)
    bench.naive.park(PARKED)
    return (used(bench.ground) - before) / PARKED
