"""What the rules of other programs come to. They are bound by timers, so a few rows are measured and the rest is multiplication."""

import random
import time
from dataclasses import dataclass

from benchmarks.publishing import rows
from benchmarks.publishing.figures import percentile
from benchmarks.publishing.ground import FLOOR, Ground
from benchmarks.publishing.ledger import from_now
from benchmarks.publishing.rules import RULES

AT_ONCE = 30
SINGLES, SPAN = 12, 110.0
SEED = 11


@dataclass(frozen=True)
class Peer:
    """Seconds: the middle and the worst wait of a single post, and how long a thousand would take (from thirty)."""

    rule: str
    p50: float
    p95: float
    worst: float
    thousand: float


def measure(ground: Ground) -> list[Peer]:
    """All rules side by side, about three minutes: first single posts at random phases, then thirty at once."""
    address, network = ground.address(FLOOR), f"http://127.0.0.1:{ground.stub_port}"
    rows.make(address)
    for rule in RULES:
        ground.program(rule, "-m", "benchmarks.publishing.rules", "--rule", rule, "--database", address, "--network", network)
    chance = random.Random(SEED)  # noqa: S311 - phases, not secrets
    due = [from_now(2 + chance.uniform(0, SPAN)) for _ in range(SINGLES)]
    ground.judge.forget()
    singles = {rule: rows.fill(address, rule, SINGLES, due)[0] for rule in RULES}
    while any(rows.left(address, rule) for rule in RULES):
        time.sleep(1)
    waits = {rule: _waits(ground, first, [one.timestamp() for one in due]) for rule, first in singles.items()}
    at_once = {rule: rows.fill(address, rule, AT_ONCE, [from_now(0)])[0] for rule in RULES}
    began = time.time()
    while any(rows.left(address, rule) for rule in RULES):
        time.sleep(0.5)
    return [_peer(rule, waits[rule], _thousand(ground, rule, at_once[rule], began)) for rule in RULES]


def _waits(ground: Ground, first: int, due: list[float]) -> list[float]:
    found = {int(one.account): one.at for one in ground.judge.arrivals()}
    return [found[first + place] - moment for place, moment in enumerate(due)]


def _thousand(ground: Ground, rule: str, first: int, began: float) -> float:
    """From thirty: the rule repeats itself, so what lies between the first and the last grows with the number."""
    found = [one.at for one in ground.judge.arrivals() if first <= int(one.account) < first + AT_ONCE]
    span = max(found) - min(found)
    steps = {"poll15": 99 / 2, "second": 999 / (AT_ONCE - 1), "minute": 1_000 / AT_ONCE}[rule]
    return (min(found) - began) + span * steps


def _peer(rule: str, waits: list[float], thousand: float) -> Peer:
    return Peer(rule, percentile(waits, 0.5), percentile(waits, 0.95), max(waits), thousand)
