"""One storm in which everything breaks at random, and its count: for the tests, and for hours of it (`python -m benchmarks.storm`)."""

import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial

import config
from app.clock import now
from app.sharing import holding
from tests.faults import breaking, owners
from tests.faults.chaos import SPREAD, Chaos
from tests.faults.crowd import Crowd
from tests.faults.front import Front
from tests.faults.ground import Ground
from tests.faults.haste import HASTE
from tests.faults.night import walk
from tests.faults.rabbitmq import RabbitMQ
from tests.faults.storm import OPEN, Storm, Verdict
from tests.faults.test_clocks import nights
from tests.faults.visitor import Visitor
from tests.sharing import builders

PORTIONS = 10
# Only what ends can be refreshed; in the nights all of it has ended.
TOKENS_LAST = 86_400
# A storm in which something cannot be struck is given up after so many times its length.
PATIENCE = 10
# What was let go gets its next minute in a moment.
ON_ITS_WAY = """
    SELECT count(*)::int FROM deliveries
    WHERE id = ANY (%(ids)s) AND (state = ANY (%(open)s) OR (state = 'held' AND problem = ANY (%(soon)s)))
"""


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


def run(ground: Ground, *, seed: int, count: int, over: float, longest: float, broker: RabbitMQ | None = None) -> Story:
    """`count` shares over so many seconds, and clicks at the web server, while one thing after the other breaks, each at least once; then
    all is mended. Two nights with another hour follow, in which things break, too.
    """
    with breaking.steppable_clock(ground), behind_a_front(ground) as front:
        ground.judge.fault("token_lifetime", seconds=TOKENS_LAST)
        chaos, before, crowd = Chaos(ground, seed, front, longest=longest, broker=broker), ground.ends.copy(), Crowd(ground)
        ground.start_web()
        visitor = Visitor(ground)
        storm = Storm(ground, crowd, count // PORTIONS, over=over / PORTIONS, each=2)
        _break(chaos, storm, partial(_more, storm, crowd, count, over), visitor, over)
        _mend(ground)
        asked = ask_until_settled(storm)
        for night in nights():
            walk(chaos, storm, crowd, night)
            asked += ask_until_settled(storm)
        chaos.stand_at(now())
        time.sleep(HASTE.sending)  # a request that nobody waits for any more may still make a post: it counts, too
        return Story(seed, storm.verdict(), chaos.struck, asked, ground.ends - before)


@contextmanager
def behind_a_front(ground: Ground) -> Iterator[Front]:
    """The practice network has a name in this block, and speaks TLS."""
    settings = config.settings()
    ground.lost_name.write_text("")
    ground.network_clock.write_text("0")
    with Front(ground.practice_port, ground.home, name="localhost") as front:
        url, certificate = f"https://{front.host}", str(front.certificate)
        config.use(replace(settings, practice_url=url))
        try:
            with breaking.reached_at(ground, url, FAULTS_CA=certificate, FAULTS_NAMES=str(ground.lost_name)):
                yield front
        finally:
            ground.network_clock.write_text("0")
            config.use(settings)


def _break(chaos: Chaos, storm: Storm, more: Callable[[], list[uuid.UUID]], visitor: Visitor, over: float) -> None:
    """New shares all the time, and a click now and then, each pressed twice: it counts once."""
    start, grown, live = time.monotonic(), 1, storm.posts[1:]
    while (spent := time.monotonic() - start) < over or chaos.left or grown < PORTIONS:
        assert spent < PATIENCE * over, f"never struck: {chaos.struck}"
        chaos.strike(storm)
        storm.ground.revive()
        if spent > grown * over / PORTIONS:
            live += more()
            chaos.struck["owners connected again"] += owners.connect_again(storm.ground, storm.ids)
            grown += 1
        if live and chaos.random.random() < 0.3:
            storm.ids += _of_click(storm.ground, visitor.click(live.pop()))
        time.sleep(chaos.random.uniform(0, 0.5))


def _more(storm: Storm, crowd: Crowd, count: int, over: float) -> list[uuid.UUID]:
    """The same people's next shares, so that no stepped clock makes all of them leave at once; returns the posts."""
    new = Storm(storm.ground, crowd, count // PORTIONS, over=over / PORTIONS, each=2)
    storm.ids += new.ids
    storm.posts += new.posts
    return new.posts


def _of_click(ground: Ground, click: str) -> list[uuid.UUID]:
    found = ground.ask("SELECT d.id FROM deliveries d JOIN shares s ON s.id = d.share_id WHERE s.click = %(click)s", {"click": click})
    assert len(found) == 1
    return [row[0] for row in found]


def _mend(ground: Ground) -> None:
    breaking.heal(ground)
    ground.end("web")


def ask_until_settled(storm: Storm, *, seconds: float = 300) -> int:
    """Nothing of it is on its way any more; what only its owner can tell was told by its owner, and who is asked to connects again. Who was
    asked to wait has waited.
    """
    asked, end = 0, time.monotonic() + seconds
    about = {"ids": storm.ids, "open": list(OPEN), "soon": [holding.TURN, holding.STOPPED]}
    builders.pauses_end()
    while owners.connect_again(storm.ground, storm.ids) or storm.ground.ask(ON_ITS_WAY, about) != [(0,)]:
        assert time.monotonic() < end, f"waited in vain: {storm.states()}, {storm.open()}, {storm.ground.logs}"
        storm.ground.revive()
        storm.ground.sql(SPREAD)
        asked += owners.answer(storm.ground, storm.ids)
        time.sleep(0.5)
    return asked
