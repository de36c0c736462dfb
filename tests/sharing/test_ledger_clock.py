"""The ledger's clock is PostgreSQL's: a worker with a wrong one does no harm, and a step is waited out."""

import time
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from app import clock
from app.db import session, transaction
from app.networks.base import Rate
from app.sharing import dispatching, governor, leasing, ledger_clock
from app.sharing.lookout import LookOut
from app.sharing.models import Delivery
from app.sharing.pace import pace
from tests.sharing import builders
from tests.sharing.builders import Control, later, look
from tests.sharing.metered import allowing, ask

pytestmark = pytest.mark.usefixtures("committed")
REAL = clock.now


@pytest.fixture(autouse=True)
def own_clock() -> Iterator[None]:
    """What a test has learnt is forgotten."""
    ledger_clock.trust()
    yield
    ledger_clock.trust()


def wrong_by(patch: pytest.MonkeyPatch, **by: float) -> None:
    """This machine's clock is wrong from now on."""
    patch.setattr(clock, "now", lambda: REAL() + timedelta(**by))


@pytest.mark.parametrize("hours", [1, -1])
def test_a_worker_whose_clock_is_wrong(control: Control, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    """An hour ahead or behind: what is due leaves at once and is not late, what is not due stays, another worker's row is left alone."""
    [due] = builders.shared(control)
    [tomorrow] = builders.shared(control)
    [theirs] = builders.shared(control)
    builders.plan(tomorrow, later(minutes=30))
    [held] = [one for one in leasing.lease_due(limit=9) if one.id == theirs]
    with transaction():
        row = session.get_one(Delivery, due)
        row.lease, row.leased_until = None, None
    wrong_by(monkeypatch, hours=hours)
    dispatching.run()
    assert [look(one).state for one in (due, tomorrow, theirs)] == ["published", "queued", "queued"]
    assert (look(theirs).lease, len(control.statuses())) == (held.lease, 1)
    sent_at = look(due).sent_at
    assert sent_at is not None
    assert abs(sent_at - REAL()) < timedelta(minutes=1)


def test_a_step_is_noticed_and_waited_out() -> None:
    """After a step nobody may judge that another worker has ended, until every request under way must have."""
    ledger_clock.learn(REAL())
    assert ledger_clock.steady_for(1_000_000)
    ledger_clock.learn(REAL() + timedelta(seconds=1))
    assert ledger_clock.steady_for(1_000_000)
    ledger_clock.learn(REAL() + timedelta(hours=1))
    assert not ledger_clock.steady_for(1)
    assert ledger_clock.now() - REAL() > timedelta(minutes=59)
    time.sleep(0.2)
    assert ledger_clock.steady_for(0.1)


def test_what_another_worker_may_still_be_sending_is_not_taken_after_a_step(control: Control) -> None:
    [under_way] = builders.shared(control)
    with transaction():
        builders.force(session.get_one(Delivery, under_way), "sending", leased_until=later(seconds=-1), due_at=later(seconds=-1))
    ledger_clock.learn(REAL())
    ledger_clock.learn(REAL() + timedelta(hours=1))
    assert leasing.lease_due(limit=9) == []
    ledger_clock.trust()
    assert [one.id for one in leasing.lease_due(limit=9)] == [under_way]


def test_a_young_worker_takes_nothing_from_others(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot know whether the clock has just stepped; what is queued it sends."""
    [under_way] = builders.shared(control)
    [queued] = builders.shared(control)
    with transaction():
        builders.force(session.get_one(Delivery, under_way), "sending", leased_until=later(seconds=-1), due_at=later(seconds=-1))
    monkeypatch.setattr("app.sharing.ledger_clock._Known.since", time.monotonic())
    assert pace().sending > 10
    dispatching.run()
    assert [look(one).state for one in (under_way, queued)] == ["sending", "published"]


def test_between_two_answers_the_steady_clock_carries_on() -> None:
    moment = datetime.fromisoformat("2030-01-01T12:00:00+00:00")
    ledger_clock.learn(moment)
    time.sleep(0.05)
    assert timedelta(seconds=0.04) < ledger_clock.now() - moment < timedelta(seconds=5)


@pytest.mark.parametrize("step", [3600, -3600])
@pytest.mark.parametrize("whose", ["the machine's", "the database's"])
def test_the_governor_is_not_moved_by_a_step(whose: str, step: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two places a minute, both taken: an hour more or less on either clock frees none before its time, and holds none for longer."""
    account = uuid.uuid4()
    with allowing(account=Rate(2, 60)):
        ledger_clock.learn(REAL())
        assert governor.admit([ask(account), ask(account)], now=ledger_clock.now()) == {}
        if whose == "the machine's":
            wrong_by(monkeypatch, seconds=step)
        else:
            ledger_clock.learn(REAL() + timedelta(seconds=step))
        stepped, mine = ledger_clock.now(), ask(account)
        again = governor.admit([mine], now=stepped)[mine.id]
        assert 50 < (again - stepped).total_seconds() < 64
        assert governor.admit([mine], now=again) == {}


def test_what_was_written_before_a_step_backwards_does_not_wait_for_that_hour(control: Control) -> None:
    """A worker died while the clock was an hour ahead: its row, and a look that was planned then, come within the longest lease; what is
    planned keeps its minute, and a lease that is true keeps its end.
    """
    dead, doubtful, planned, alive = builders.shared(control, count=4)
    ahead, soon = later(hours=1), later(seconds=50)
    with transaction():
        builders.force(session.get_one(Delivery, dead), "sending", sent_at=ahead, leased_until=ahead, due_at=ahead)
        builders.force(session.get_one(Delivery, doubtful), "unconfirmed", sent_at=ahead, due_at=ahead)
        builders.force(session.get_one(Delivery, alive), "sending", leased_until=soon, due_at=soon)
        session.get_one(Delivery, planned).due_at = ahead
    look_out = LookOut()
    look_out.soonest()
    longest = later(seconds=pace().uploading)
    assert all(look(one).due_at <= longest for one in (dead, doubtful))
    assert (look(dead).leased_until or ahead) <= longest
    assert (look(planned).due_at, look(alive).leased_until, look(alive).due_at) == (ahead, soon, soon)
    assert leasing.lease_due(limit=9) == []
    with transaction():
        builders.force(session.get_one(Delivery, dead), "sending", sent_at=ahead, leased_until=ahead, due_at=ahead)
    look_out.soonest()
    assert look(dead).due_at == ahead, "without a step nothing is read"
    ledger_clock.learn(REAL() + timedelta(hours=1))
    look_out.soonest()
    look_out.close()
    assert look(dead).due_at <= later(seconds=pace().uploading)
