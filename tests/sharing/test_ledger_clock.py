"""The ledger's clock is PostgreSQL's: a worker with a wrong one does no harm, and a step is waited out."""

import math
import time
import uuid
from datetime import datetime, timedelta, tzinfo

import pytest

from app import clock
from app.db import session, transaction
from app.networks.base import Rate
from app.networks.clock import steady
from app.sharing import dispatching, governor, leasing, ledger_clock, sending, stops
from app.sharing.lookout import LookOut
from app.sharing.models import Delivery
from app.sharing.pace import pace
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look
from tests.sharing.metered import allowing, ask

pytestmark = pytest.mark.usefixtures("committed", "own_clock")
REAL = clock.now


def wrong_by(patch: pytest.MonkeyPatch, **by: float) -> None:
    """This machine's clock is wrong from now on, wherever it is read."""

    class Wrong(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "Wrong":
            return cls.fromtimestamp((REAL() + timedelta(**by)).timestamp(), tz)

    patch.setattr(clock, "now", lambda: REAL() + timedelta(**by))
    patch.setattr("app.networks.clock.datetime", Wrong)


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


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wrong_clock_understands_what_a_network_asks_for(control: Control, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    """Ninety seconds are ninety seconds."""
    [asked] = builders.shared(control)
    wrong_by(monkeypatch, hours=hours)
    control.fault("status", status=429, retry_after=90)
    dispatching.run()
    assert abs(look(asked).due_at - REAL() - timedelta(seconds=90)) < timedelta(seconds=5)
    assert control.creates() == 1


@pytest.mark.parametrize("hours", [1, -1])
def test_a_wrong_clock_gives_up_no_account(control: Control, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    """A token that ended before its time is renewed, once, and used."""
    control.fault("token_lifetime", seconds=7200)
    [refused] = builders.shared(control)
    control.well_again()
    control.fault("expire_tokens")
    wrong_by(monkeypatch, hours=hours)
    dispatching.run()
    assert (look(refused).state, look(refused).account.state) == ("published", "connected")
    assert len(control.requests("POST", "/oauth/token")) == 1


def test_a_wrong_clock_leaves_nothing_out_too_early(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five hours ahead: what a stop has held goes on when it ends, and what else is held waits for its own latest time."""
    from workers.stops import follow_stops, leave_out_late  # noqa: PLC0415 - Celery reads the settings when it is imported

    [stopped, held] = builders.shared(control, count=2)
    with transaction():
        builders.force(session.get_one(Delivery, held), "held", problem="token_invalid")
        stop_id = stops.stop(rows.ada(), scope="everything", reason="To be looked at").id
    follow_stops()
    look_out = LookOut()
    look_out.soonest()
    look_out.close()
    with transaction():
        stops.resume(rows.ada(), stop_id)
    wrong_by(monkeypatch, hours=5)
    follow_stops()
    leave_out_late()
    assert [look(one).state for one in (stopped, held)] == ["queued", "held"]
    assert look(stopped).due_at < REAL() + timedelta(minutes=1)


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


def test_a_lease_that_sees_a_step_first_takes_nothing_from_others(control: Control) -> None:
    """PostgreSQL's clock has gone an hour ahead since it was last heard: whoever sends does not lose their row because of it."""
    [under_way] = builders.shared(control)
    with transaction():
        builders.force(session.get_one(Delivery, under_way), "sending", leased_until=later(minutes=-59), due_at=later(minutes=-59))
    ledger_clock.learn(REAL() - timedelta(hours=1))
    assert ledger_clock.steady_for(pace().sending)
    assert leasing.lease_due(limit=9) == []
    assert not ledger_clock.steady_for(pace().sending)


def test_the_fork_of_an_old_process_is_young(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has not heard of PostgreSQL's clock yet has not seen it run evenly, however long ago the modules were loaded."""
    monkeypatch.setattr(ledger_clock._Known, "since", math.inf)
    assert not ledger_clock.steady_for(0)
    ledger_clock.learn(REAL())
    time.sleep(0.05)
    assert ledger_clock.steady_for(0.04)
    assert not ledger_clock.steady_for(60)


@pytest.mark.skipif(not hasattr(time, "CLOCK_BOOTTIME"), reason="only Linux says for how long it was suspended")
def test_a_machine_that_was_suspended_does_not_send_what_it_was_about_to(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """For an hour, between the mark and the request: the clock that stands still meanwhile would not have noticed."""
    [delivery_id] = builders.shared(control)
    [leased] = leasing.lease_due(limit=1)
    taken = builders.order(leased)
    assert taken is not None
    order = builders.begin(sending.prepared(taken))
    assert order is not None
    asked = time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda which: asked(which) + 3600 * (which == time.CLOCK_BOOTTIME))
    outcome = sending.publish(order)
    assert (getattr(outcome, "code", ""), control.creates(), look(delivery_id).state) == ("overslept", 0, "sending")


def test_a_young_worker_takes_nothing_from_others(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """It cannot know whether the clock has just stepped; what is queued it sends."""
    [under_way] = builders.shared(control)
    [queued] = builders.shared(control)
    with transaction():
        builders.force(session.get_one(Delivery, under_way), "sending", leased_until=later(seconds=-1), due_at=later(seconds=-1))
    monkeypatch.setattr("app.sharing.ledger_clock._Known.since", steady())
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
