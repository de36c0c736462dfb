"""P9: a tenth of the accounts is in trouble, and nobody else may notice; and nobody may be given up, or asked too early."""

import time
from dataclasses import dataclass

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Figure, percentile
from benchmarks.publishing.ground import until
from benchmarks.publishing.judge import Arrival
from benchmarks.publishing.ledger import Batch, from_now

SIZE, PER_SECOND = 1_000, 25.0
SHARE = 10
TROUBLE = 60.0
EARLIEST = 30
END = 420.0


@dataclass(frozen=True)
class Storm:
    """What came of one: waits of the healthy accounts, the shortest pause before a refused one was asked again, and the states."""

    healthy: list[float]
    soonest: float
    states: dict[str, int]
    requests: int


def storms(bench: Bench) -> None:
    """A quiet run, 503 for a minute, and 429 with a time for a minute."""
    assert bench.ours
    quiet = storm(bench, status=503, seconds=0, after=0)
    calm = percentile(quiet.healthy, 0.95)
    for name, status, after in (("503 for a minute", 503, 0), ("429, Retry-After 30, for a minute", 429, EARLIEST)):
        found = storm(bench, status=status, seconds=TROUBLE, after=after)
        p95, size = percentile(found.healthy, 0.95), sum(found.states.values())
        failed = sum(found.states.get(state, 0) for state in ("failed", "held", "skipped"))
        states = ", ".join(f"{state} {count}" for state, count in sorted(found.states.items()))
        ratio = p95 / calm
        what = f"{name}, {SHARE} % of the accounts, {size} deliveries"
        bench.report.add(
            Figure("P9", f"{what}: given up", str(failed), f"{found.requests} requests; {states}", "0", failed == 0),
            Figure("P9", "the soonest second try", f"{found.soonest:.1f} s", "", f">= {EARLIEST} s", found.soonest >= EARLIEST),
            Figure("P9", "healthy accounts' p95", f"{1000 * p95:.0f} ms", f"quiet {1000 * calm:.0f} ms", "<= 1.2 x", ratio <= 1.2),
        )
    bench.ground.judge.set()


def storm(bench: Bench, *, status: int, seconds: float, after: int) -> Storm:
    """Deliveries that are due one after the other, 25 a second, while a tenth of their accounts are refused for some time."""
    size, judge = bench.size(SIZE), bench.ground.judge
    bench.ledger.crowd.reserve(size)
    begins = from_now(3)
    moments = [from_now(3 + place / PER_SECOND) for place in range(size)]
    judge.set(trouble_status=status, trouble_share=SHARE, trouble_until=begins.timestamp() + seconds, trouble_after=after)
    judge.forget()
    batch = bench.ledger.queue(size, due=moments, posts=size)
    until(lambda: bench.ledger.published(batch) >= size, seconds=END if seconds else 120, every=0.5)
    time.sleep(0.2)
    arrivals = [one for one in judge.arrivals() if batch.holds(one.account)]
    return Storm(_healthy(batch, arrivals), soonest(arrivals), bench.ledger.states(batch), len(arrivals))


def _healthy(batch: Batch, arrivals: list[Arrival]) -> list[float]:
    first: dict[str, float] = {}
    for one in arrivals:
        if int(one.account) % 100 >= SHARE:
            first.setdefault(one.account, one.at)
    return [at - batch.due_of(account) for account, at in first.items()]


def soonest(arrivals: list[Arrival]) -> float:
    """The shortest time between a refusal and the next request for the same account; endless when there is none."""
    refused: dict[str, float] = {}
    pauses = [float("inf")]
    for one in arrivals:
        if one.account in refused:
            pauses.append(one.at - refused.pop(one.account))
        if one.status != 200:
            refused[one.account] = one.at
    return min(pauses)
