"""A network that breaks in the middle of a storm, in every way: what it has made is found, what it has not made is sent again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults import breaking
from tests.faults.crowd import Crowd, behind
from tests.faults.ground import Ground
from tests.faults.random_storm import ask_until_settled
from tests.faults.storm import SHARES, Storm, all_out
from tests.faults.test_tls import unreachable

POSTS, UPLOADS, LOOKS = "/api/v1/statuses", "/api/v2/media", "/api/v1/accounts/*"
HITS = SHARES // 10
# More tries than there were attempts that ended in another way.
USED_UP = """
    SELECT count(*)::int FROM deliveries d WHERE id = ANY (%(ids)s) AND tries >
        (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.id AND a.outcome NOT IN ('published', 'rate_limited'))
"""
MADE = ("drop_after", "cut", "error_after", "no_id")
Fault = tuple[str, dict[str, Any]]

NO_ANSWERS: dict[str, list[Fault]] = {
    "dropped before the post is made": [("drop_before", {})],
    "dropped after it is made": [("drop_after", {})],
    "dropped in the middle of the answer": [("cut", {})],
    "HTML": [("html", {}), ("html", {"made": True})],
    "nonsense": [("nonsense", {}), ("nonsense", {"made": True})],
    "nothing": [("nothing", {}), ("nothing", {"made": True})],
    "500 after the post is made": [("error_after", {})],
    "an answer without an id": [("no_id", {})],
    "redirected": [("redirect", {}), ("redirect", {"made": True})],
}


@pytest.mark.parametrize("faults", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_proves_nothing(ground: Ground, crowd: Crowd, faults: list[Fault]) -> None:
    """Hundreds of posts and of uploads meet it: each post is looked for, once it is there, and each upload is made again."""
    storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
    strike(ground, faults)
    verdict = storm.settle()
    all_out(verdict)
    assert (ground.judge.trouble(), sum(verdict.unconfirmed.values()) > HITS // 2) == ([], True)
    made = {bool(facts.get("made")) or kind in MADE for kind, facts in faults}
    assert {how for how, is_so in (("found", True), ("absent, then published", False)) if is_so in made} <= verdict.unconfirmed.keys()


def strike(ground: Ground, faults: list[Fault], *, hits: int = HITS, paths: tuple[str, ...] = (POSTS, UPLOADS)) -> None:
    """So many posts, and so many uploads, meet these in turn."""
    for path in paths:
        for kind, facts in faults:
            ground.judge.fault(kind, path=path, times=hits // len(faults), **facts)


@pytest.mark.parametrize(
    ("facts", "hits"),
    # Each wait without a time is longer than the last: fewer of them.
    [({"retry_after": 1}, HITS), ({"reset_after": 1}, HITS), ({}, HITS // 4)],
    ids=["until a time, all of us", "until a time, an account", "without a time"],
)
def test_too_many(ground: Ground, crowd: Crowd, facts: dict[str, Any], hits: int) -> None:
    """429, to posts and to uploads: all of them wait, and no try is used up."""
    storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
    strike(ground, [("status", {"status": 429, **facts})], hits=hits)
    verdict = storm.settle()
    all_out(verdict)
    assert (ground.judge.trouble(), verdict.unconfirmed) == ([], {})
    assert ground.ask(USED_UP, {"ids": storm.ids}) == [(0,)]


def test_a_slow_drip(ground: Ground, crowd: Crowd) -> None:
    """Answers that drip in time are answers; of those that would take too long nobody knows, and the posts are found."""
    storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
    strike(ground, [("drip", {"seconds": 0.05}), ("drip", {"seconds": 0.4})])
    verdict = storm.settle()
    all_out(verdict)
    assert (ground.judge.trouble(), set(verdict.unconfirmed)) == ([], {"found"})


@pytest.fixture
def names(ground: Ground) -> Iterator[Path]:
    """The practice network is reached by a name, which nobody knows while it stands in this file."""
    ground.lost_name.write_text("")
    with breaking.reached_at(ground, f"http://localhost:{ground.practice_port}", FAULTS_NAMES=str(ground.lost_name)):
        yield ground.lost_name


def test_a_name_that_nobody_knows(ground: Ground, names: Path) -> None:
    """In the middle of a storm, for new workers without a connection: nothing has left, so all of it is tried again, without any doubt."""
    storm = Storm(ground, behind(ground, f"localhost:{ground.practice_port}", count=SHARES // 4), SHARES, over=8).going(0.1)
    names.write_text("localhost")
    breaking.exchange_workers(ground)
    out = storm.states()["published"]
    unreachable(storm)
    assert (storm.states()["published"], storm.verdict().posts) == (out, out)
    names.write_text("")
    verdict = storm.settle()
    all_out(verdict)
    assert not verdict.unconfirmed


def test_nobody_but_their_owners_can_tell(ground: Ground, crowd: Crowd) -> None:
    """Half of the lost answers were posts, and the network shows nobody's posts: every owner is asked, and what they say is done."""
    ground.judge.fault("html", method="GET", path=LOOKS, times=None)
    storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
    strike(ground, [("drop_before", {}), ("drop_after", {})], paths=(POSTS,))
    verdict = storm.settle(asked=True)
    assert (verdict.doubled, verdict.lost, verdict.wrong) == ([], [], [])
    waiting = verdict.states["unconfirmed"]
    assert (verdict.states["published"], waiting > HITS // 2) == (SHARES - waiting, True)
    assert ask_until_settled(storm) >= waiting
    all_out(storm.verdict())
