"""TLS with the network fails while workers send: nothing has left, so all of it is tried again, and goes out once."""

from collections.abc import Iterator

import pytest

from tests.faults import breaking
from tests.faults import front as fronts
from tests.faults.crowd import behind
from tests.faults.front import Front
from tests.faults.ground import Ground
from tests.faults.storm import SHARES, Storm, all_out


@pytest.fixture
def front(ground: Ground) -> Iterator[Front]:
    """The practice network is reached over TLS only, by workers that trust its certificate."""
    with (
        Front(ground.practice_port, ground.home) as made,
        breaking.reached_at(ground, f"https://{made.host}", FAULTS_CA=str(made.certificate)),
    ):
        yield made


@pytest.mark.parametrize("manner", [fronts.STRANGER, fronts.HANGS_UP, fronts.NO_TLS])
def test_fails_while_workers_send(ground: Ground, front: Front, manner: str) -> None:
    """In the middle of a storm, for new workers without a connection: nothing has left, so nothing is in doubt."""
    storm = Storm(ground, behind(ground, front.host, count=SHARES // 4), SHARES, over=8).going(0.1)
    front.manner = manner
    breaking.exchange_workers(ground)
    out = storm.states()["published"]
    unreachable(storm)
    assert (storm.states()["published"], storm.verdict().posts) == (out, out)
    front.manner = fronts.WELL
    verdict = storm.settle()
    all_out(verdict)
    assert not verdict.unconfirmed


def unreachable(storm: Storm) -> None:
    """Returns when a tenth of it was tried twice, before a picture was uploaded and before a post was made, and nothing has left."""
    twice = "SELECT count(*)::int FROM deliveries WHERE id = ANY (%(ids)s) AND tries >= 2"
    storm.ground.wait(lambda: storm.ground.ask(twice, {"ids": storm.ids})[0][0] >= SHARES // 10, "shares that were tried twice")
    assert set(storm.states()) <= {"queued", "sending", "published"}
    reasons = "SELECT DISTINCT outcome FROM attempts WHERE delivery_id = ANY (%(ids)s) AND outcome NOT IN ('published', 'overslept')"
    assert storm.ground.ask(reasons, {"ids": storm.ids}) == [("unreachable",)]
