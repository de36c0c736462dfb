"""The loop: one row of an account at a time, the urgent first, a slow network leaves hands free, results outlive an outage."""

import threading
import time
import uuid
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy.exc import OperationalError

from app.clock import now
from app.db import session, transaction
from app.sharing import dispatching, leasing, orders, outcomes, recording
from app.sharing.models import Attempt, Delivery, Priority
from app.sharing.rounds import Round
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look

pytestmark = pytest.mark.usefixtures("committed")


def many_of_one_person(control: Control, many: int) -> list[uuid.UUID]:
    """In the order in which they were clicked."""
    with transaction():
        emil = rows.emil()
        account = builders.account(emil, control)
        made = [builders.share(emil, builders.post(), account, now=later(seconds=number - 60)) for number in range(many)]
        return [builders.delivery(one).id for one in made]


def test_an_account_has_one_row_under_way(control: Control) -> None:
    """Ten posts of one person leave one after the other, in their order."""
    ids = many_of_one_person(control, 10)
    assert [one.id for one in leasing.lease_due(limit=50, now=now())] == ids[:1]
    assert leasing.lease_due(limit=50, now=now()) == []
    builders.lease_ends(ids[0])
    with transaction():
        session.get_one(Delivery, ids[0]).due_at = later(seconds=-90)
    dispatching.run()
    sent = [look(one).sent_at for one in ids]
    assert sent == sorted(one for one in sent if one)
    assert len(control.statuses()) == 10


def test_ten_posts_of_one_person_do_not_hold_up_others(control: Control) -> None:
    many_of_one_person(control, 10)
    others = builders.shared(control, count=5)
    assert {one.id for one in leasing.lease_due(limit=6, now=now())} >= set(others)


def test_what_somebody_waits_for_goes_first(control: Control) -> None:
    """A fan-out that is older stands behind a click."""
    spread = builders.shared(control, count=6)
    with transaction():
        for one in spread:
            row = session.get_one(Delivery, one)
            row.priority, row.due_at = Priority.SPREAD.value, later(seconds=-30)
    [click] = builders.shared(control)
    leased = leasing.lease_due(limit=4, now=now())
    assert [one.id for one in leased][:1] == [click]
    assert {one.id for one in leased[1:]} < set(spread)
    assert len(leased) == 4


def test_a_slow_network_leaves_hands_free(control: Control) -> None:
    builders.shared(control, count=3)
    assert leasing.lease_due(limit=9, now=now(), full=["practice"]) == []
    assert len(leasing.lease_due(limit=9, now=now(), full=["mastodon"])) == 3


def test_many_are_marked_and_recorded_together(control: Control) -> None:
    """Forty rows cost about as many statements as four; each has its attempt and its events all the same."""
    said = {}
    for many in (4, 40):
        ids = builders.shared(control, count=many)
        with builders.statements() as statements:
            dispatching.run()
        said[many] = len([one for one in statements if one.lstrip().upper().startswith(("WITH", "UPDATE", "INSERT"))])
        assert {look(one).state for one in ids} == {"published"}
        assert session.query(Attempt).filter(Attempt.delivery_id.in_(ids), Attempt.outcome == "published").count() == many
        events = "SELECT verb, count(*) FROM events WHERE subject = 'deliveries' AND subject_id = ANY(:ids) GROUP BY verb"
        assert dict(session.execute(builders.sql(events), {"ids": ids}).all()) == {"sending": many, "published": many}
    assert said[40] <= 3 * said[4]


def test_a_result_outlives_an_outage(control: Control) -> None:
    """The database is away when the answer comes: the result waits in the process and is written down afterwards; nobody looks for it."""
    ids = builders.shared(control, count=3)
    real, failures = outcomes.settle, [False]

    def away(*arguments: object, **facts: object) -> None:
        if len(failures) < 5:
            failures.append(True)
            raise OperationalError("the statement", {}, psycopg.OperationalError("the server closed the connection"))
        real(*arguments, **facts)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(outcomes, "settle", away)
        broken.setattr(recording, "PUBLISHED", builders.sql("SELECT 1 FROM away"))
        dispatching.run()
    assert [look(one).state for one in ids] == ["published"] * 3
    assert [len(look(one).attempts) for one in ids] == [1, 1, 1]
    assert control.creates() == 3


def test_a_lease_that_ends_before_its_time(control: Control) -> None:
    """A worker that slept, or a clock that was stepped: the same loop leases the row again, sends it once, and comes to its end."""
    [soon] = builders.shared(control)
    builders.plan(soon, later(seconds=1.3))
    loop = threading.Thread(target=dispatching.run, daemon=True)
    loop.start()
    builders.eventually(lambda: look(soon).lease is not None)
    with transaction():
        session.get_one(Delivery, soon).leased_until = now()
    builders.eventually(lambda: look(soon).state == "published")
    assert look(soon).lease is None
    loop.join(10)
    try:
        assert not loop.is_alive(), "the first lease is never let go"
    finally:
        dispatching.stop()
        loop.join(10)
        dispatching.start()
    assert (len(control.statuses()), len(look(soon).attempts)) == (1, 1)


def test_asked_to_stop(control: Control) -> None:
    """What is not under way is free for others at once; what is under way is written down."""
    control.fault("slow", seconds=1)
    [under_way] = builders.shared(control)
    [soon] = builders.shared(control)
    builders.plan(soon, later(seconds=1.3))
    loop = threading.Thread(target=dispatching.run)
    loop.start()
    builders.eventually(lambda: look(under_way).state == "sending" and look(soon).lease is not None)
    time.sleep(0.05)
    dispatching.stop()
    try:
        loop.join(10)
        assert not loop.is_alive()
    finally:
        dispatching.start()
    assert (look(under_way).state, look(soon).state, look(soon).lease) == ("published", "queued", None)
    assert len(control.statuses()) == 1


def test_rows_that_wait_for_their_minute_make_nobody_wait_for_company(control: Control) -> None:
    """Only what has left is worth a moment of gathering, and only until the next one's minute."""
    [delivery_id] = builders.shared(control)
    builders.plan(delivery_id, later(seconds=1))
    [order] = orders.take(leasing.lease_due(limit=1), now=now())
    stretch = Round(threading.Event(), threading.Event())
    stretch.hands["practice"] = 40
    assert stretch.gathering() > 0, "forty are under way, and none has come back"
    stretch.waiting = [order] * 39
    assert stretch.gathering() == 0, "one is under way, and the others only wait"
    stretch.hands["practice"] = 80
    stretch.waiting = [replace(order, leased=replace(order.leased, due_at=later(seconds=-1)))]
    assert stretch.gathering() == 0, "somebody's minute has come"
