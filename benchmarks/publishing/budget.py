"""P10: a network that allows so much and no more: not one request over its limit, and little of what it allows left unused."""

import time
from collections import Counter
from dataclasses import dataclass

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.crowd import NETWORK
from benchmarks.publishing.figures import Figure, Spread
from benchmarks.publishing.ground import until
from benchmarks.publishing.ledger import from_now

# Mastodon's documented limit of requests for each account and for each address.
LIMIT, WINDOW = 300, 300.0
FEWEST = 2


@dataclass(frozen=True)
class Use:
    """How much of what a server allows was used, whole window by whole window, and how often we asked in vain."""

    used: list[int]
    over: int


def kept(bench: Bench) -> None:
    """One server with more work than it takes, over as many whole windows of its clock as there are rounds."""
    assert bench.ours
    windows = 1 if bench.quick else max(FEWEST, bench.rounds)
    use = watch(bench, limit=LIMIT, window=WINDOW, windows=windows)
    allowed, used, each = LIMIT * windows, sum(use.used), Spread.of(use.used)
    what = f"limiting server ({LIMIT} in {WINDOW:.0f} s, {windows} whole windows)"
    share = f"{used / allowed:.1%} ({used} of {allowed}; a window {each:.0f})"
    bench.report.add(
        Figure("P10", f"{what}: requests over the limit", str(use.over), "", "0", use.over == 0),
        Figure("P10", "share of the budget used", share, "", ">= 95 %", used / allowed >= 0.95),
    )
    bench.ground.judge.set()


def watch(bench: Bench, *, limit: int, window: float, windows: int) -> Use:
    """Begin at the start of a window, with a tenth more work than the windows allow; what is left in the end is taken away."""
    judge, size = bench.ground.judge, int(limit * (windows + 1) * 1.1)
    bench.ledger.crowd.turn_to("mastodon")
    bench.ledger.crowd.reserve(size)
    begins = (time.time() // window + 1) * window
    time.sleep(max(0.0, begins - time.time() - 3))
    judge.set(limits={"instance": (limit, window)})
    judge.forget()
    batch = bench.ledger.queue(size, due=[from_now(begins - time.time() + 0.2)])
    end = begins + windows * window
    until(lambda: time.time() >= end, seconds=windows * window + 60, every=1)
    seen = [one for one in judge.arrivals() if begins <= one.at < end]
    bench.ledger.abandon(batch)
    bench.ledger.crowd.turn_to(NETWORK)
    good = Counter(int((one.at - begins) // window) for one in seen if one.status == 200)
    return Use([good[number] for number in range(windows)], len(seen) - good.total())
