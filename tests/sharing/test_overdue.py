"""What was left to us and no worker was there for: it gets another minute, apart from colleagues, instead of leaving in a flood."""

import uuid
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.db import session, transaction
from app.editorial.models import Post
from app.networks.clock import steady
from app.people.models import User
from app.sharing import (
    attempts,
    caps,
    dispatching,
    going_on,
    holding,
    leasing,
    ledger_clock,
    neighbours,
    obstacles,
    orders,
    sending,
    stopping,
    stops,
)
from app.sharing.models import Priority
from app.sharing.pace import pace
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, share
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("committed", "app")

# Seconds: longer ago than a worker takes it as it comes, by one; and not quite.
OVERDUE, HARDLY_LATE = pace().overdue + 1, pace().overdue - 30
APART = caps.default("practice").apart_minutes * 60
WHY = {"zone": "Europe/Berlin", "days": [1, 2], "from_minute": 540, "until_minute": 1020, "own": True, "near": None}


def post() -> uuid.UUID:
    with transaction():
        return builders.post().id


def narrowest(found: list[datetime]) -> float:
    return min((b - a).total_seconds() for a, b in pairwise(sorted(found)))


def planned(control: Control, on: uuid.UUID, count: int = 1, *, late: float, **facts: Any) -> list[uuid.UUID]:
    """So many people left the minute of this post to us, and it was so many seconds ago; committed."""
    plain = {"priority": Priority.SPREAD.value, "due_at": later(seconds=-late), "latest_at": later(hours=2), "timing": None}
    with transaction():
        made = [share(emil := rows.emil(), session.get_one(Post, on), builders.account(emil, control)) for _ in range(count)]
        for row in (found := [builders.delivery(each) for each in made]):
            builders.force(row, "queued", **{**plain, **facts})
        return [row.id for row in found]


def test_what_no_worker_was_there_for_keeps_its_distance(app: Flask, control: Control) -> None:
    """Nobody leaves with colleagues when the workers are back; a click leaves at once, and so does what is hardly late."""
    here, there = post(), post()
    waited = planned(control, here, 4, late=OVERDUE, timing={**WHY, "apart": APART, "distance": APART})
    clicks = planned(control, here, 2, late=OVERDUE, priority=Priority.WAITED_FOR.value)
    usual = planned(control, there, 3, late=HARDLY_LATE)
    dispatching.run()
    assert {look(one).state for one in [*clicks, *usual]} == {"published"}
    assert {(look(one).state, look(one).problem, look(one).lease) for one in waited} == {("held", holding.TURN, None)}
    page = browser(app, session.get_one(User, look(waited[0]).user_id)).get("/shares").text
    assert "It could not leave at its minute. It gets another minute in a moment" in page
    with app.test_request_context():
        assert [str(step.words) for step in attempts.story(look(waited[0]))][-1] == "It waits: it could not leave at its minute."
    with transaction():
        assert session.scalar(select(stopping.anything_due(now())))
    stopping.run()
    dispatching.run()
    assert {look(one).state for one in waited} == {"queued"}
    gone = [look(one).sent_at or now() for one in clicks]
    assert narrowest([max(gone), *(look(one).due_at for one in waited)]) >= APART > 0
    assert {look(one).problem for one in waited} == {going_on.KEPT_APART}
    assert control.creates() == len([*clicks, *usual])


def test_who_came_too_late_for_another_minute_is_asked(control: Control) -> None:
    """An outage that has eaten the time: as many as have room leave, each apart; the others ask their owners."""
    waited = planned(control, post(), 4, late=OVERDUE, latest_at=later(seconds=APART * 1.7))
    dispatching.run()
    stopping.run()
    assert sorted(look(one).state for one in waited) == ["queued", "queued", "skipped", "skipped"]
    [left_out, _other] = [look(one) for one in waited if look(one).state == "skipped"]
    assert (left_out.problem, builders.notices(left_out.user_id)) == ("too_late", ["delivery_skipped"])


def test_a_worker_that_slept_with_a_share_in_its_hands_does_not_send_it(control: Control) -> None:
    """It was taken in time; asked again before it leaves, its minute is over."""
    [one] = planned(control, post(), late=0)
    [leased] = leasing.lease_due(limit=5)
    [order] = [sending.made_ready(each) for each in orders.take([leased], now=now())]
    assert order is not None
    departure = sending.begin([order], now=(woken := later(seconds=OVERDUE)))
    assert (departure.going, departure.stopped) == ([], [leased])
    sending.stay(departure, now=woken)
    assert (look(one).state, look(one).problem) == ("held", holding.TURN)


def crowd(distance: float, **more: Any) -> dict[str, Any]:
    return {**WHY, "apart": APART, "distance": distance, **more}


def test_a_crowd_counts_as_overdue_by_its_own_distance(control: Control) -> None:
    """A short outage ends like a long one: not all at once; and for a row that was moved already it is no reason to move again."""
    here = post()
    late = [planned(control, here, late=seconds, timing=crowd(20))[0] for seconds in (25, 45, 65)]
    hardly = planned(control, here, late=12, timing=crowd(20))
    usual = planned(control, post(), 2, late=65, timing=crowd(APART)) + planned(control, post(), 2, late=65)
    moved = planned(control, post(), 2, late=65, timing=crowd(20, moved_from=later(hours=-1).isoformat()))
    dispatching.run()
    assert {look(one).state for one in [*hardly, *usual, *moved]} == {"published"}
    assert {(look(one).state, look(one).problem) for one in late} == {("held", holding.TURN)}
    stopping.run()
    assert {look(one).state for one in late} == {"queued"}
    assert narrowest([look(hardly[0]).sent_at or now(), *(look(one).due_at for one in late)]) >= 20
    assert all((look(one).timing or {})["moved_from"] for one in late)


@pytest.mark.parametrize(
    ("distance", "late", "state"),
    [
        *[(9, 14, "published"), (9, 20, "held"), (100, 65, "published"), (100, 105, "held")],
        *[(5, 200, "published"), (5, 301, "held"), (500, 299, "published"), (500, 301, "held")],
    ],
)
def test_how_late_a_crowd_may_be(control: Control, distance: float, late: float, state: str) -> None:
    """Not less than a busy worker may be; and where nobody finds room between two others, late is better than not at all."""
    [one] = planned(control, post(), late=late, timing=crowd(distance))
    dispatching.run()
    assert look(one).state == state


@pytest.mark.parametrize("sway", [0.0, 0.5, 1.0])
def test_in_such_a_crowd_there_is_room_between_any_two(sway: float) -> None:
    widths = neighbours.distances(crowd(obstacles.CROWD), caps.default("practice"))
    around = neighbours.Neighbours((one * obstacles.CROWD, uuid.uuid4()) for one in range(900))
    found = around.find(uuid.uuid4(), start=1, end=7000, distances=widths, sway=sway)
    assert found is not None
    assert found.moment < 2 * obstacles.CROWD


def test_a_stop_says_so_before_the_turn_does(control: Control) -> None:
    [one] = planned(control, post(), late=OVERDUE)
    with transaction():
        stops.stop(rows.ravi(), scope="everything", reason="A break.")
    dispatching.run()
    assert (look(one).state, look(one).problem) == ("held", holding.STOPPED)


def test_many_overdue_are_held_in_a_few_statements_and_none_costs_one_on_time(control: Control) -> None:
    said = {}
    for count, late in ((2, OVERDUE), (12, OVERDUE), (2, 0.0)):
        planned(control, post(), count, late=late)
        leased = leasing.lease_due(limit=50)
        assert len(leased) == count
        with builders.statements() as asked:
            taken = orders.take(leased, now=now())
        assert len(taken) == (0 if late else count)
        said[count, late] = len(asked)
        dispatching.run()
    assert said[2, OVERDUE] == said[12, OVERDUE] <= said[2, 0.0] + 4


def test_a_step_of_the_clock_throws_nobody_to_and_fro(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job's own process has not heard of the step yet; the minute that it gives lies ahead for everybody."""
    [one] = planned(control, post(), late=OVERDUE)
    dispatching.run()
    monkeypatch.setattr("app.sharing.ledger_clock._Known.ahead", ledger_clock.now().timestamp() - steady() - 3600)
    stopping.run()
    assert (look(one).state, look(one).due_at > now()) == ("queued", True)
