"""One storm in which everything breaks at random, and its count: for the tests, and for hours of it (`python -m benchmarks.storm`)."""

import time
import uuid
from collections import Counter
from dataclasses import dataclass

from tests.faults import breaking
from tests.faults.chaos import SPREAD, Chaos, owners_answer
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.haste import HASTE
from tests.faults.storm import Storm, Verdict
from tests.faults.visitor import Visitor


@dataclass
class Story:
    """What a storm came to. `asked`: how many deliveries had to be asked about; `ends`: how processes ended by themselves."""

    seed: int
    verdict: Verdict
    struck: Counter[str]
    asked: int
    ends: Counter[str]

    def __str__(self) -> str:
        struck = ", ".join(f"{name} {count}" for name, count in sorted(self.struck.items()))
        ends = ", ".join(f"{name} {count}" for name, count in sorted(self.ends.items())) or "none"
        return f"seed {self.seed}: {self.verdict}; {self.asked} answered by their owners\n  broken: {struck}\n  ended by themselves: {ends}"


def run(ground: Ground, *, seed: int, count: int, over: float, longest: float) -> Story:
    """`count` shares over so many seconds, and clicks at the web server, while one thing after the other breaks; then all is mended."""
    with breaking.steppable_clock(ground):
        chaos, before = Chaos(ground, seed, longest=longest), ground.ends.copy()
        ground.start_web()
        visitor = Visitor(ground)
        storm = Storm(ground, Crowd(ground), count, over=over, each=10)
        _break(chaos, storm, visitor, time.monotonic() + over)
        _mend(ground)
        asked = ask_until_settled(storm)
        time.sleep(HASTE.sending)  # a request that nobody waits for any more may still make a post: it counts, too
        return Story(seed, storm.verdict(), chaos.struck, asked, ground.ends - before)


def _break(chaos: Chaos, storm: Storm, visitor: Visitor, end: float) -> None:
    """A click now and then, each pressed twice: it counts once."""
    live = storm.posts[1:]
    while time.monotonic() < end:
        chaos.strike(storm)
        storm.ground.revive()
        if live and chaos.random.random() < 0.3:
            storm.ids += _of_click(storm.ground, visitor.click(live.pop()))
        time.sleep(chaos.random.uniform(0, 1))


def _of_click(ground: Ground, click: str) -> list[uuid.UUID]:
    found = ground.ask("SELECT d.id FROM deliveries d JOIN shares s ON s.id = d.share_id WHERE s.click = %(click)s", {"click": click})
    assert len(found) == 1
    return [row[0] for row in found]


def _mend(ground: Ground) -> None:
    breaking.heal(ground)
    ground.end("web")


def ask_until_settled(storm: Storm, *, seconds: float = 300) -> int:
    """Nothing of it is on its way any more; what only its owner can tell was told by its owner."""
    asked, end = 0, time.monotonic() + seconds
    while any(storm.states()[state] for state in ("queued", "sending", "unconfirmed")):
        assert time.monotonic() < end, f"waited in vain: {storm.states()}, {storm.open()}, {storm.ground.logs}"
        storm.ground.revive()
        storm.ground.sql(SPREAD)
        asked += owners_answer(storm.ground, storm.ids)
        time.sleep(0.5)
    return asked
