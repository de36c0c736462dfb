"""P8: SIGKILL in the middle of a thousand deliveries: what is lost, what is posted twice, what stays open, and how soon it goes on.

The stub keeps no idempotency keys here, and judges by account and marker: nothing but our own care stands between a crash and a double.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Figure, Spread
from benchmarks.publishing.ground import until
from benchmarks.publishing.judge import Arrival, doubles
from benchmarks.publishing.ledger import Batch, from_now

SIZE, LATENCY, REST = 1_000, 0.2, 1.0
SETTLED = ("published", "unconfirmed", "failed", "held", "skipped")
FIRST_END, LAST_END = 150.0, 240.0


@dataclass
class Story:
    """One crash and what came of it. `pause`: seconds from the restart to the next arrival."""

    name: str
    batch: Batch
    pause: float
    ended: int = 0
    unconfirmed: int = 0
    doubled: int = 0
    lost: int = 0
    states: dict[str, int] | None = None


def crashes(bench: Bench) -> None:
    """Each crash by itself, one after the other, and again from the first; what is unconfirmed has time to be looked up by the product."""
    assert bench.ours
    bench.ground.judge.set(latency=LATENCY, keeps_keys=False)
    rounds = [_round(bench) for _ in range(bench.rounds)]
    for same in zip(*rounds, strict=True):
        bench.report.add(*figures(same))
    bench.ground.judge.set()


def _round(bench: Bench) -> list[Story]:
    """One round's stories, judged; the network forgets only when nothing of it is open any more."""
    plans: list[tuple[str, float, Callable[[Bench], None]]] = [
        ("workers killed at 25 %", 0.25, workers),
        ("workers killed at 50 %", 0.5, workers),
        ("workers killed at 75 %", 0.75, workers),
        ("schedule killed at 50 %", 0.5, beat),
        ("PostgreSQL restarted at 50 %", 0.5, postgres),
        ("Redis killed at 50 %", 0.5, redis),
    ]
    bench.ground.judge.forget()
    stories = [story(bench, *plan) for plan in (plans[1:2] if bench.quick else plans)]
    until(lambda: all(_settled(bench, one, ("published",)) for one in stories), seconds=LAST_END, every=1)
    arrivals = bench.ground.judge.arrivals()
    for one in stories:
        _judge(bench, one, arrivals)
    return stories


def story(bench: Bench, name: str, share: float, crash: Callable[[Bench], None]) -> Story:
    """Queue, wait for the share, crash, come back after a second, and wait until nothing is on its way."""
    size, judge = bench.size(SIZE), bench.ground.judge
    start, ended = judge.counts()["requests"], bench.ground.ended
    batch = bench.ledger.queue(size, due=[from_now(2)])
    until(lambda: judge.counts()["requests"] - start >= share * size, seconds=120, every=0.01)
    crash(bench)
    back = time.time()
    until(lambda: _next(bench, batch, back) is not None or _arrived(bench, batch), seconds=120, every=0.2)
    following = _next(bench, batch, back)
    without = 0.0 if _arrived(bench, batch) else float("inf")
    found = Story(name, batch, following - back if following else without)
    until(lambda: _settled(bench, found, SETTLED), seconds=FIRST_END, every=0.5)
    found.ended = bench.ground.ended - ended
    bench.report.say(f"P8: {name}: going on after {found.pause:.1f} s")
    found.unconfirmed = bench.ledger.states(batch).get("unconfirmed", 0)
    return found


def workers(bench: Bench) -> None:
    """All workers at once, and back after a second."""
    numbers = range(1, 1 + len(bench.ground.workers))
    for child in list(bench.ground.workers):
        bench.ground.end(child)
    time.sleep(REST)
    for number in numbers:
        bench.ground.start_worker(number)


def beat(bench: Bench) -> None:
    """The schedule, and back after a second."""
    assert bench.ground.beat
    bench.ground.end(bench.ground.beat)
    time.sleep(REST)
    bench.ground.start_beat()


def redis(bench: Bench) -> None:
    """The broker without a farewell, and back after a second."""
    bench.ground.end(bench.ground.redis)
    time.sleep(REST)
    bench.ground.start_redis()


def postgres(bench: Bench) -> None:
    """The database stops as it does for an upgrade, and comes back."""
    bench.ground.end(bench.ground.postgres, kill=False)
    bench.ground.start_postgres()
    bench.reconnect()


def _next(bench: Bench, batch: Batch, back: float) -> float | None:
    """When the first request after the restart arrived."""
    bench.ground.revive()
    return next((one.at for one in bench.ground.judge.arrivals() if one.at > back and batch.holds(one.account)), None)


def _arrived(bench: Bench, batch: Batch) -> bool:
    """Whether all had arrived; then nothing had to go on."""
    return len({one.account for one in bench.ground.judge.arrivals() if batch.holds(one.account)}) == batch.size


def _settled(bench: Bench, one: Story, states: tuple[str, ...]) -> bool:
    bench.ground.revive()
    found = bench.ledger.states(one.batch)
    return sum(found.get(state, 0) for state in states) >= one.batch.size


def _judge(bench: Bench, one: Story, arrivals: list[Arrival]) -> None:
    own = [arrival for arrival in arrivals if one.batch.holds(arrival.account)]
    made = {arrival.account for arrival in own if arrival.status == 200}
    one.states = bench.ledger.states(one.batch)
    one.doubled = doubles(own)
    waiting = sum(one.states.get(state, 0) for state in ("queued", "sending", "unconfirmed", "held"))
    one.lost = max(0, one.batch.size - len(made) - waiting)


def figures(same: Sequence[Story]) -> list[Figure]:
    """The same crash in all rounds: counts are sums, and no round may be late."""
    doubled, lost, ended = (sum(counts) for counts in zip(*((one.doubled, one.lost, one.ended) for one in same), strict=True))
    size, unconfirmed = (sum(counts) for counts in zip(*((one.batch.size, one.unconfirmed) for one in same), strict=True))
    pause = Spread.of([one.pause for one in same])
    states = sum((Counter(one.states) for one in same), Counter[str]())
    each = ", ".join(f"{state} {count}" for state, count in sorted(states.items()))
    fates = f"{lost} lost, {doubled} doubled, {unconfirmed} unconfirmed for a while"
    return [
        Figure("P8", f"{same[0].name} of {size}", fates, f"at the end: {each}", "0 lost, 0 doubled", lost == doubled == 0),
        Figure("P8", "going on after the restart", f"{pause:.1f} s", "", "<= 5 s in every round", pause.most <= 5),
        Figure("P8", "workers that ended by themselves", str(ended), "", "0", ended == 0),
    ]
