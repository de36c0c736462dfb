"""P1 and P7: how late a single post is, alone and while ten thousand others are on their way."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app import nudges
from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Figure, Spread, percentile
from benchmarks.publishing.ground import until
from benchmarks.publishing.ledger import Batch, from_now

POSTS, MESSAGES, CLICKS = 200, 60, 60
FAN_OUT, URGENT, WATCHED = 10_000, 60, 60.0
SEED = 7


@dataclass(frozen=True)
class Waits:
    """Percentiles of each round, in milliseconds: their medians with spread. `count` and `least` are of all rounds."""

    count: int
    least: float
    p50: Spread
    p95: Spread
    most: Spread

    @classmethod
    def of(cls, rounds: Sequence[Sequence[float]]) -> "Waits":
        """Of seconds, round by round."""
        found = [[1000 * wait for wait in one] for one in rounds]
        p50, p95 = (Spread.of([percentile(one, share) for one in found]) for share in (0.5, 0.95))
        return cls(sum(map(len, found)), min(map(min, found)), p50, p95, Spread.of([max(one) for one in found]))

    def __str__(self) -> str:
        return f"{self.p50:.1f} / {self.p95:.1f} / {self.most:.1f} ms"


def single(bench: Bench) -> None:
    """P1: posts that were planned for a moment, and posts that somebody has just clicked on."""
    bench.ground.judge.set()
    rounds = bench.block("P1", lambda: [_planned(bench) for _ in range(bench.rounds)])
    planned, messages = (Waits.of(one) for one in zip(*rounds, strict=True))
    good = planned.p50.median <= 25 and planned.p95.median <= 60 and planned.most.most <= 250
    clicked = Waits.of([clicked_waits(bench, bench.size(CLICKS), pause=0.3) for _ in range(bench.rounds)])
    beside = f"naive with an ETA {messages}{_others(bench)}"
    what = f"due to network, {planned.count} single posts: p50 / p95 / max"
    bench.report.add(
        Figure("P1", what, str(planned), beside, "<= 25 / 60 / 250 ms, the last in every round", good),
        Figure("P1", "the earliest of them", f"{planned.least:.1f} ms", "", ">= 0", planned.least >= 0),
        Figure("P1", f"committed click to network, {clicked.count} clicks: p50 / p95 / max", str(clicked)),
    )


def _planned(bench: Bench) -> tuple[list[float], list[float]]:
    """Ours, then the naive design's."""
    return planned_waits(bench, bench.size(POSTS)), _messages(bench)


def planned_waits(bench: Bench, count: int) -> list[float]:
    """Seconds from due to arrival of single posts at random phases, about three a second."""
    assert bench.ours
    bench.ledger.crowd.reserve(count)
    moments = random_moments(count)
    start = bench.ground.judge.counts()["requests"]
    batch = bench.ledger.queue(count, due=moments, posts=count, spread=False)
    until(lambda: bench.ledger.published(batch) >= count, seconds=count + 60, every=0.5)
    return waits(bench, batch, start)


def random_moments(count: int) -> list[datetime]:
    """About three a second, from three seconds on."""
    chance, at, moments = random.Random(SEED), 3.0, []  # noqa: S311 - phases, not secrets
    for _ in range(count):
        at += chance.uniform(0.05, 0.55)
        moments.append(from_now(at))
    return moments


def _messages(bench: Bench) -> list[float]:
    return bench.naive.planned_waits(random_moments(bench.size(MESSAGES)))


def clicked_waits(bench: Bench, count: int, *, pause: float, most: float = 600.0) -> list[float]:
    """Seconds from the commit of a single share, nudged as the web does it, to its arrival, one after the other."""
    assert bench.ours
    found: list[float] = []
    chance, end = random.Random(SEED), time.monotonic() + most  # noqa: S311 - phases, not secrets
    bench.ledger.crowd.reserve(count)
    while len(found) < count and time.monotonic() < end:
        time.sleep(pause * chance.uniform(0.5, 1.5))
        start = bench.ground.judge.counts()["requests"]
        batch = bench.ledger.queue(1, due=[from_now(0)], spread=False)
        committed = time.time()
        nudges.deliver()
        until(lambda batch=batch, start=start: bool(_of(bench, batch, start)), seconds=WATCHED, every=0.02)  # type: ignore[misc]
        arrived = _of(bench, batch, start)
        found.append(arrived[0] - committed if arrived else WATCHED)
    return found


def waits(bench: Bench, batch: Batch, start: int) -> list[float]:
    """Seconds from due to the first arrival of each delivery."""
    first: dict[str, float] = {}
    for one in bench.ground.judge.arrivals(start):
        if batch.holds(one.account):
            first.setdefault(one.account, one.at)
    return [at - batch.due_of(account) for account, at in first.items()]


def crowded(bench: Bench) -> None:
    """P7: somebody shares one post, again and again, while a fan-out runs; then another fan-out."""
    assert bench.ours
    size = bench.size(FAN_OUT)
    bench.ground.judge.set()
    rounds = [one for one in (_in_a_crowd(bench, size) for _ in range(bench.rounds)) if one]
    if not rounds:
        bench.report.add(Figure("P7", f"urgent single share while {size} leave", "the fan-out was over at once"))
        return
    found, reference = Waits.of(rounds), "naive: waits for all that lies before it"
    what = f"urgent single share while {size} leave ({found.count} shares in {len(rounds)} rounds): p50 / p95 / max"
    bench.report.add(Figure("P7", what, str(found), reference, "<= 500 ms p95", found.p95.median <= 500))


def _in_a_crowd(bench: Bench, size: int) -> list[float]:
    """Seconds from click to network while one fan-out runs; what has not left in a minute is taken away."""
    bench.ground.judge.forget()
    bench.ledger.crowd.reserve(size + URGENT)
    fan_out = bench.ledger.queue(size, due=[from_now(0)])
    nudges.deliver()
    began = time.monotonic()
    found: list[float] = []
    while len(found) < URGENT and time.monotonic() - began < WATCHED and bench.ledger.published(fan_out) < size:
        found += clicked_waits(bench, 1, pause=0.3, most=WATCHED)
    done = bench.ledger.published(fan_out)
    bench.ledger.abandon(fan_out)
    bench.report.say(f"P7: {len(found)} shares; {done} of {size} had left at the end")
    return found


def _of(bench: Bench, batch: Batch, start: int) -> list[float]:
    return [one.at for one in bench.ground.judge.arrivals(start) if batch.holds(one.account)]


def _others(bench: Bench) -> str:
    return "".join(f", {peer.rule} {peer.p50:.1f} / {peer.p95:.1f} / {peer.worst:.1f} s" for peer in bench.peers)
