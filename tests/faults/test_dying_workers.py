"""Workers that are killed or fall asleep at every station of a delivery: each is posted once, and none is lost."""

import time

import pytest

from tests.faults import breaking
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import SHARES, Storm, all_out, sound

# Rows are taken, marked and written down many at a time, and sent one by one: both strike when a part of the storm is out.
MANY, ONE = SHARES // 100, SHARES // 5


@pytest.mark.parametrize(
    "at",
    [
        *(f"before the claim {MANY}", f"after the claim {MANY}", f"after the mark {MANY}"),
        *(f"before the request {ONE}", f"after the answer {ONE}", f"before the record {MANY}"),
    ],
)
def test_killed(ground: Ground, crowd: Crowd, at: str) -> None:
    """SIGKILL between any two steps; then others come."""
    storm = struck(ground, crowd, f"{at} kill")
    ground.start_worker("worker-2")
    all_out(storm.settle())


@pytest.mark.parametrize(
    "at",
    [
        *(f"after the claim {MANY}", f"before the mark {MANY}", f"after the mark {MANY}"),
        *(f"before the request {ONE}", f"before the record {MANY}"),
    ],
)
def test_woken_too_late(ground: Ground, crowd: Crowd, at: str) -> None:
    """Asleep until others have done all of its work: whoever wakes up finds that its rows are somebody else's, and sends nothing."""
    storm = struck(ground, crowd, f"{at} sleep")
    ground.start_worker("worker-2")
    storm.until(lambda found: found == {"published": SHARES})
    ground.sprung.unlink()
    assert ground.end("worker-1", kill=False) == 0
    all_out(storm.settle())


def test_woken_too_late_with_a_connection(ground: Ground, crowd: Crowd) -> None:
    """Asleep while it connects, when all that had to be asked has been asked: nothing of the request leaves over it any more."""
    storm = struck(ground, crowd, "while connecting 4 sleep", pictured=SHARES)
    ground.start_worker("worker-2")
    storm.until(lambda found: found == {"published": SHARES})
    ground.sprung.unlink()
    assert ground.end("worker-1", kill=False) == 0
    all_out(storm.settle())


def struck(ground: Ground, crowd: Crowd, at: str, *, pictured: int = 2) -> Storm:
    """A storm whose only worker has just been struck there."""
    ground.end("worker-2")
    ground.end("worker-1")
    ground.start_worker("worker-1", at=at)
    storm = Storm(ground, crowd, SHARES, over=4, pictured=pictured)
    ground.wait(ground.sprung.exists, at)
    return storm


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/statuses"), ("POST", "/api/v2/media")], ids=["sending", "uploading"])
def test_killed_while_the_network_works(ground: Ground, crowd: Crowd, method: str, path: str) -> None:
    """The requests are on their way, and will be done."""
    storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
    ground.judge.fault("slow", method=method, path=path, seconds=2, times=200)
    ground.wait(lambda: sum(int(one["times"]) for one in ground.judge.trouble()) <= 160, "requests that are under way")
    ground.end("worker-1")
    ground.start_worker("worker-1")
    all_out(storm.settle())


def test_killed_while_tokens_are_renewed(ground: Ground) -> None:
    """A lost answer of a refresh is never asked for again: those few accounts wait for their owners, all others go on."""
    crowd = Crowd(ground)
    crowd.prepare(SHARES // 8)
    ground.judge.fault("token_lifetime", seconds=200)
    crowd.prepare(SHARES // 8)
    ground.judge.calm()
    ground.judge.fault("slow", path="/oauth/token", seconds=2, times=None)
    storm = Storm(ground, crowd, SHARES, over=6)
    begun = "SELECT count(*)::int FROM connected_accounts WHERE id = ANY (%(ids)s) AND refresh_began_at IS NOT NULL"
    ground.wait(lambda: ground.ask(begun, {"ids": storm.accounts})[0][0] >= 4, "refreshes that are under way")
    ground.end("worker-1")
    ground.judge.calm()
    verdict = storm.settle()
    sound(verdict)
    assert set(verdict.states) <= {"published", "held"}, verdict
    waiting = "SELECT count(*)::int FROM deliveries d JOIN connected_accounts a ON a.id = d.account_id WHERE d.id = ANY (%(ids)s)"
    waiting += " AND d.state = 'held' AND (a.state, a.problem) <> ('needs_reconnect', 'refresh_lost')"
    assert ground.ask(waiting, {"ids": storm.ids}) == [(0,)]
    traded = [one["idempotency_key"] for one in ground.judge.requests("POST", "/oauth/token") if one["status"] == 200]
    assert len(traded) <= len(storm.accounts)


def test_a_machine_that_was_suspended(ground: Ground, crowd: Crowd) -> None:
    """Stopped in the middle of everything for longer than any lease, and awake again: nothing is sent that has become somebody else's."""
    storm = Storm(ground, crowd, SHARES, over=6)
    ground.judge.fault("slow", seconds=1, times=None)
    storm.going(0.1)
    with breaking.stalled(ground, "worker-1"):
        time.sleep(16)
    ground.judge.calm()
    all_out(storm.settle())
