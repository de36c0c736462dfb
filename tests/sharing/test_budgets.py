"""Caps of a person on a network: asked in the step that marks a delivery as sending, so that nobody passes them."""

import uuid
from datetime import timedelta

import pytest

from app.clock import now
from app.db import session, transaction
from app.sharing import budgets, dispatching, leasing, sending
from app.sharing.caps import Cap
from app.sharing.models import Delivery
from app.sharing.pacing_models import NetworkCap
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, look

pytestmark = pytest.mark.usefixtures("committed")


def at_most(per_hour: int, per_day: int) -> None:
    """What one person may publish on the practice network."""
    with transaction():
        session.add(NetworkCap(network="practice", per_hour=per_hour, per_day=per_day, apart_minutes=0))


def clicks(control: Control, many: int, *, accounts: int = 1) -> list[uuid.UUID]:
    """One person shares many posts at once, in turn to each of their accounts; in order of time."""
    with transaction():
        emil = rows.emil()
        chosen = [builders.account(emil, control) for _ in range(accounts)]
        made = [builders.share(emil, builders.post(), chosen[number % accounts]) for number in range(many)]
        return [builders.delivery(one).id for one in made]


def test_no_more_than_the_hour_takes(control: Control) -> None:
    """Two leave, the third waits until the first is an hour old; that uses up no try."""
    at_most(2, 9)
    ids = clicks(control, 3)
    dispatching.run()
    left, waiting = [look(one) for one in ids[:2]], look(ids[2])
    assert [one.state for one in left] == ["published", "published"]
    assert (waiting.state, waiting.problem, waiting.tries, waiting.lease) == ("queued", "capped", 0, None)
    assert left[0].sent_at is not None
    assert waiting.due_at == min(one.sent_at for one in left if one.sent_at) + timedelta(hours=1)
    assert len(control.statuses()) == 2


def test_no_more_than_the_day_takes(control: Control) -> None:
    """What is too late by then is left out, and its owner told."""
    at_most(9, 2)
    ids = clicks(control, 3)
    dispatching.run()
    found = look(ids[2])
    assert (found.state, found.problem) == ("skipped", "too_late")
    assert builders.notices(found.user_id) == ["delivery_skipped"]


def test_two_accounts_of_one_person_share_one_cap(control: Control) -> None:
    at_most(3, 9)
    ids = clicks(control, 8, accounts=4)
    builders.at_once(4, lambda _: builders.work_until(2))
    assert sorted(look(one).state for one in ids) == ["published"] * 3 + ["queued"] * 5
    assert control.creates() == 3


def test_several_workers_at_the_same_moment(control: Control) -> None:
    """Eight accounts of one person, each in the hands of another worker that marks its row at that very moment: one leaves."""
    at_most(1, 9)
    for _turn in range(4):
        clicks(control, 8, accounts=8)
        taken = [builders.order(one) for one in leasing.lease_due(limit=8, now=now())]
        ready = [made for order in taken if order and (made := sending.made_ready(order))]
        left = builders.at_once(8, lambda number: builders.begin(ready[number]))  # noqa: B023
        assert sum(one is not None for one in left) == 1


def test_what_failed_or_was_stopped_does_not_count(control: Control) -> None:
    """Only what left, or may have left, takes a place."""
    at_most(1, 9)
    ids = clicks(control, 3)
    with transaction():
        builders.force(session.get_one(Delivery, ids[0]), "failed", sent_at=now())
        builders.force(session.get_one(Delivery, ids[1]), "cancelled", sent_at=now())
    dispatching.run()
    assert look(ids[2]).state == "published"


def test_somebody_elses_posts_do_not_count(control: Control) -> None:
    at_most(1, 1)
    ids = builders.shared(control, count=4)
    dispatching.run()
    assert [look(one).state for one in ids] == ["published"] * 4


def test_when_there_is_room() -> None:
    moment, cap = now(), Cap(per_hour=2, per_day=3, apart_minutes=0)

    def ago(*hours: float) -> list[object]:
        return [moment - timedelta(hours=each) for each in hours]

    assert budgets.room_at([], cap, now=moment) is None
    assert budgets.room_at(ago(0.1), cap, now=moment) is None  # type: ignore[arg-type]
    assert budgets.room_at(ago(0.1, 0.5), cap, now=moment) == moment + timedelta(hours=0.5)  # type: ignore[arg-type]
    assert budgets.room_at(ago(0.1, 5, 20), cap, now=moment) == moment + timedelta(hours=4)  # type: ignore[arg-type]
    assert budgets.room_at(ago(0.1, 0.5, 20), cap, now=moment) == moment + timedelta(hours=4)  # type: ignore[arg-type]
