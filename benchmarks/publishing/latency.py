"""P1 and P7: how late a single post is, alone and while ten thousand others are on their way."""

import random
import time
from datetime import datetime

from app import nudges
from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Figure, percentile
from benchmarks.publishing.ground import until
from benchmarks.publishing.ledger import Batch, from_now

POSTS, MESSAGES, CLICKS = 200, 60, 60
FAN_OUT, URGENT, WATCHED = 10_000, 60, 60.0
SEED = 7


def single(bench: Bench) -> None:
    """P1: posts that were planned for a moment, and posts that somebody has just clicked on."""
    bench.ground.judge.set()
    planned, messages = bench.block("P1", lambda: (planned_waits(bench, bench.size(POSTS)), _messages(bench)))
    p50, p95, most = percentile(planned, 0.5), percentile(planned, 0.95), max(planned)
    good = p50 <= 0.025 and p95 <= 0.06 and most <= 0.25
    clicked = clicked_waits(bench, bench.size(CLICKS), pause=0.3)
    beside = f"naive with an ETA {_milliseconds(messages)}{_others(bench)}"
    what = f"due to network, {len(planned)} single posts: p50 / p95 / max"
    bench.report.add(
        Figure("P1", what, _milliseconds(planned), beside, "<= 25 / 60 / 250 ms", good),
        Figure("P1", "the earliest of them", f"{1000 * min(planned):.1f} ms", "", ">= 0", min(planned) >= 0),
        Figure("P1", f"committed click to network, {len(clicked)} clicks: p50 / p95 / max", _milliseconds(clicked)),
    )


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
    """P7: somebody shares one post, again and again, while a fan-out runs."""
    size, ours = bench.size(FAN_OUT), bench.ours
    bench.ground.judge.set()
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
    assert ours
    p95 = percentile(found, 0.95) if found else 0.0
    reference = "naive: waits for all that lies before it"
    bench.report.add(
        Figure(
            "P7",
            f"urgent single share while {size} leave ({len(found)} shares; {done} had left at the end): p50 / p95 / max",
            _milliseconds(found) if found else "the fan-out was over at once",
            reference,
            "<= 500 ms p95",
            p95 <= 0.5,
        )
    )


def _of(bench: Bench, batch: Batch, start: int) -> list[float]:
    return [one.at for one in bench.ground.judge.arrivals(start) if batch.holds(one.account)]


def _milliseconds(values: list[float]) -> str:
    return " / ".join(f"{1000 * value:.0f}" for value in (percentile(values, 0.5), percentile(values, 0.95), max(values))) + " ms"


def _others(bench: Bench) -> str:
    return "".join(f", {peer.rule} {peer.p50:.1f} / {peer.p95:.1f} / {peer.worst:.1f} s" for peer in bench.peers)
