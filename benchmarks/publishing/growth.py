"""P6: what a delivery costs when there are a thousand, ten thousand, a hundred thousand of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import redis

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.contestants import Run
from benchmarks.publishing.drawing import Curve, draw
from benchmarks.publishing.figures import Figure, Spread, exponent
from benchmarks.publishing.ground import Ground
from benchmarks.publishing.processes import resident

SIZES = (1_000, 10_000, 100_000)
PARKED = 1_000
# As a database is that has been looked after while nothing was due: its statistics know no queue, and the plans must bear that.
QUIET = "VACUUM (ANALYZE) deliveries"


@dataclass(frozen=True)
class Step:
    """One size, once: milliseconds of processor time a delivery, seconds in all, bytes of Redis a pending delivery."""

    size: int
    cost: float
    wall: float
    pending: float


@dataclass(frozen=True)
class Size:
    """One size in all rounds."""

    size: int
    cost: Spread
    wall: Spread

    @classmethod
    def of(cls, steps: Sequence[Step]) -> "Size":
        """Of steps of the same size."""
        return cls(steps[0].size, Spread.of([one.cost for one in steps]), Spread.of([one.wall for one in steps]))


def curve(bench: Bench) -> None:
    """Smallest first, and again from the smallest; memory is read before the first and after the last of all."""
    bench.ground.judge.set()
    sizes = [bench.size(size) for size in SIZES if size <= bench.largest]
    before = memory(bench)
    steps = [step(bench, size) for _ in range(bench.rounds) for size in sizes]
    after = memory(bench)
    found = [Size.of([one for one in steps if one.size == size]) for size in sizes]
    bench.report.add(*_growth(found), *_space(bench, before, after, max(one.pending for one in steps)))
    if bench.pictures:
        _draw(bench.pictures, found)


def _growth(found: Sequence[Size]) -> list[Figure]:
    """Medians of each size, and the exponents through the medians."""
    sizes = [one.size for one in found]
    costs = exponent(sizes, [one.cost.median * one.size for one in found])
    walls = exponent(sizes, [one.wall.median for one in found])
    first, last = found[0], found[-1]
    ratio = last.cost.median / first.cost.median
    by_size = ", ".join(f"{one.size}: {one.cost:.2f} ms" for one in found)
    times = ", ".join(f"{one.size}: {one.wall:.1f} s" for one in found)
    return [
        Figure("P6", "processor time a delivery by size", by_size, f"exponent {costs:.3f}", "exponent <= 1.03", costs <= 1.03),
        Figure("P6", f"the same, {last.size} to {first.size}", f"{ratio:.2f}", "", "<= 1.15", ratio <= 1.15),
        Figure("P6", "time for all by size", times, f"exponent {walls:.3f}"),
    ]


def _space(bench: Bench, before: float, after: float, pending: float) -> list[Figure]:
    """Memory from before the first to after the last; of Redis the worst of all."""
    grown = after - before
    return [
        Figure("P6", "memory of the workers, growth", f"{grown:.0f} MiB (to {after:.0f})", "", "<= 50 MiB", grown <= 50),
        Figure("P6", "Redis a pending delivery", f"{pending:.0f} bytes", f"naive {parked_bytes(bench):.0f}", "<= 1024", pending <= 1024),
    ]


def _draw(directory: Path, found: Sequence[Size]) -> None:
    cost = Curve("ms of processor time a delivery", [(one.size, one.cost.median) for one in found])
    wall = Curve("seconds for all", [(one.size, one.wall.median) for one in found])
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "publishing-growth.svg").write_text(draw("Publishing: growth", [cost, wall]))


def step(bench: Bench, size: int) -> Step:
    """One size."""
    run, pending = _pending(bench, size)
    cost = 1000 * run.total_cpu / size
    bench.report.say(f"P6: {size} in {run.wall:.1f} s, {cost:.2f} ms each; {run.doubled} doubled, {run.lost} lost")
    return Step(size, cost, run.wall, pending)


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
