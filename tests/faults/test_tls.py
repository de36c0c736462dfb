"""TLS with the network fails while workers send: nothing has left, so all of it is tried again, and goes out once."""

from collections.abc import Iterator

import pytest

from tests.faults import front as fronts
from tests.faults.front import Front
from tests.faults.ground import Ground
from tests.faults.storm import Crowd, Storm, all_out

COUNT = 120
WORKERS = ("worker-1", "worker-2")


@pytest.fixture
def front(ground: Ground) -> Iterator[Front]:
    """The practice network is reached over TLS only, by workers that trust its certificate and have no connection yet."""
    before = dict(ground.environment)
    with Front(ground.practice_port, ground.home) as made:
        ground.environment |= {"PRACTICE_URL": f"https://{made.host}", "FAULTS_CA": str(made.certificate)}
        exchange_workers(ground)
        try:
            yield made
        finally:
            ground.environment = before
            exchange_workers(ground)


def exchange_workers(ground: Ground) -> None:
    """New ones, under the present settings."""
    for name in WORKERS:
        ground.end(name)
    ground.full_crew()


def behind(ground: Ground, front: Front, *, count: int) -> Crowd:
    """People whose accounts are at this server."""
    crowd = Crowd(ground)
    accounts = [account for _user, account in crowd.prepare(count)]
    with ground.admin() as connection:
        connection.execute("UPDATE connected_accounts SET host = %s WHERE id = ANY (%s)", (front.host, accounts))
    return crowd


@pytest.mark.parametrize("manner", [fronts.STRANGER, fronts.HANGS_UP, fronts.NO_TLS])
def test_fails_while_workers_send(ground: Ground, front: Front, manner: str) -> None:
    """Before a picture is uploaded and before a post is made: no doubt about any of them, and no try for which its time is too short."""
    crowd = behind(ground, front, count=COUNT // 3)
    front.manner = manner
    storm = Storm(ground, crowd, COUNT, over=2)
    ground.wait(lambda: tried_again(ground, storm) >= COUNT // 3, "shares that were tried twice")
    assert set(storm.states()) <= {"queued", "sending"}
    assert storm.verdict().posts == 0
    assert reasons(ground, storm) == {"unreachable"}
    front.manner = fronts.WELL
    verdict = storm.settle()
    all_out(verdict)
    assert not verdict.unconfirmed


def tried_again(ground: Ground, storm: Storm) -> int:
    """How many have failed twice."""
    found = ground.ask("SELECT count(*)::int FROM deliveries WHERE id = ANY (%(ids)s) AND tries >= 2", {"ids": storm.ids})
    return int(found[0][0])


def reasons(ground: Ground, storm: Storm) -> set[str]:
    """Why requests that were begun have not left."""
    found = "SELECT DISTINCT outcome FROM attempts WHERE delivery_id = ANY (%(ids)s) AND outcome IS NOT NULL"
    return {row[0] for row in ground.ask(found, {"ids": storm.ids})}
