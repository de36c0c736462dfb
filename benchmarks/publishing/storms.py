"""P9: a tenth of the accounts is in trouble, and nobody else may notice; and nobody may be given up, or asked too early."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Figure, Spread, percentile
from benchmarks.publishing.ground import until
from benchmarks.publishing.judge import Arrival
from benchmarks.publishing.ledger import Batch, from_now

SIZE, PER_SECOND = 1_000, 25.0
SHARE = 10
TROUBLE, QUICK_TROUBLE = 60.0, 20.0
EARLIEST = 30
END = 420.0


@dataclass(frozen=True)
class Storm:
    """What came of one: p95 of the healthy accounts in seconds, the shortest pause before a refused one was asked again, the states."""

    healthy: float
    soonest: float
    states: dict[str, int]
    requests: int


class Round(NamedTuple):
    """Three runs, one after the other."""

    quiet: Storm
    failing: Storm
    limiting: Storm


def storms(bench: Bench) -> None:
    """A quiet run, 503 for a minute, and 429 with a time for a minute, in turn."""
    assert bench.ours
    rounds = [_round(bench) for _ in range(bench.rounds)]
    calm = _healthy_ones([one.quiet for one in rounds])
    bench.report.add(Figure("P9", f"healthy accounts' p95, quiet, {bench.size(SIZE)} deliveries at {PER_SECOND:.0f} a second", _ms(calm)))
    _report(bench, "503 for a minute", [one.failing for one in rounds], calm)
    _report(bench, f"429, Retry-After {EARLIEST}, for a minute", [one.limiting for one in rounds], calm)
    bench.ground.judge.set()


def _round(bench: Bench) -> Round:
    """Each begins when all of the one before are published: who got 503 is looked for after a minute, which would fall into the next."""
    trouble = QUICK_TROUBLE if bench.quick else TROUBLE
    bench.ground.judge.forget()
    quiet = finish(bench, start(bench, status=503, seconds=0, after=0))
    failing = finish(bench, start(bench, status=503, seconds=trouble, after=0))
    found = Round(quiet, failing, finish(bench, start(bench, status=429, seconds=trouble, after=EARLIEST)))
    said = ", ".join(f"{1000 * one.healthy:.1f}" for one in found)
    bench.report.say(f"P9: healthy accounts' p95 quiet, 503, 429: {said} ms")
    return found


def start(bench: Bench, *, status: int, seconds: float, after: int) -> Batch:
    """Deliveries that are due one after the other, 25 a second, while a tenth of their accounts are refused for some time."""
    size = bench.size(SIZE)
    bench.ledger.crowd.reserve(size)
    begins = from_now(3)
    moments = [from_now(3 + place / PER_SECOND) for place in range(size)]
    bench.ground.judge.set(trouble_status=status, trouble_share=SHARE, trouble_until=begins.timestamp() + seconds, trouble_after=after)
    return bench.ledger.queue(size, due=moments, posts=size)


def finish(bench: Bench, batch: Batch) -> Storm:
    """When all are published, or when it has taken too long. Nothing is asked while they leave: that would be counted as their wait."""
    time.sleep(max(0.0, batch.due[-1].timestamp() + 1 - time.time()))
    until(lambda: bench.ledger.published(batch) >= batch.size, seconds=END, every=0.5)
    time.sleep(0.2)
    arrivals = [one for one in bench.ground.judge.arrivals() if batch.holds(one.account)]
    return Storm(percentile(_healthy(batch, arrivals), 0.95), soonest(arrivals), bench.ledger.states(batch), len(arrivals))


def _report(bench: Bench, name: str, found: Sequence[Storm], calm: Spread) -> None:
    states = sum((Counter(one.states) for one in found), Counter[str]())
    failed = sum(states[state] for state in ("failed", "held", "skipped"))
    each = ", ".join(f"{state} {count}" for state, count in sorted(states.items()))
    again, healthy = min(one.soonest for one in found), _healthy_ones(found)
    ratio, requests = healthy.median / calm.median, sum(one.requests for one in found)
    what = f"{name}, {SHARE} % of the accounts, {states.total()} deliveries"
    bench.report.add(
        Figure("P9", f"{what}: given up", str(failed), f"{requests} requests; {each}", "0", failed == 0),
        Figure("P9", "the soonest second try", f"{again:.1f} s", "", f">= {EARLIEST} s", again >= EARLIEST),
        Figure("P9", "healthy accounts' p95", f"{_ms(healthy)}, {ratio:.2f} x", f"quiet {_ms(calm)}", "<= 1.2 x", ratio <= 1.2),
    )


def _healthy_ones(found: Sequence[Storm]) -> Spread:
    """Milliseconds."""
    return Spread.of([1000 * one.healthy for one in found])


def _ms(spread: Spread) -> str:
    return f"{spread:.1f} ms"


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
