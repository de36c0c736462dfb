"""The rows follow a stop and its end, in batches: nothing is lost, nothing leaves while it holds, nothing floods afterwards."""

import itertools
import uuid
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Text, Uuid, cast, func, insert, select, update

from app.audit.models import Event
from app.clock import now
from app.db import session, transaction
from app.people.models import User
from app.sharing import dispatching, going_on, holding, leasing, orders, sending, stopping, stops, sweeping
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, Priority, Share
from app.sharing.stop_models import Stop
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, plain_account, post, share

pytestmark = pytest.mark.usefixtures("committed", "app")


def queued(count: int = 1, **facts: object) -> list[uuid.UUID]:
    """So many people have shared one post; committed."""
    with transaction():
        one = post()
        made = [share(emil := rows.emil(), one, plain_account(emil)) for _ in range(count)]
        found = [builders.delivery(each) for each in made]
        for row in found:
            for name, value in {"due_at": later(minutes=-1), **facts}.items():
                setattr(row, name, value)
        return [row.id for row in found]


def press(scope: str = "everything", subject: str = "", reason: str = "The figures are wrong.") -> uuid.UUID:
    with transaction():
        return stops.stop(rows.ravi(), scope=scope, subject=subject, reason=reason).id


def let_go(stop_id: uuid.UUID) -> None:
    with transaction():
        stops.resume(rows.ada(), stop_id)


def states(ids: list[uuid.UUID]) -> list[str]:
    return [look(one).state for one in ids]


def test_what_is_queued_is_held_and_says_why_and_goes_on_when_the_stop_ends() -> None:
    [one] = queued()
    stop_id = press()
    assert stopping.run() == 1
    row = look(one)
    assert (row.state, row.problem, row.lease) == ("held", "stopped", None)
    assert stops.reason_of(row) == "The figures are wrong."
    assert stopping.run() == 0

    let_go(stop_id)
    assert stopping.run() == 1
    row = look(one)
    assert (row.state, row.problem) == ("queued", "after_stop")
    assert row.due_at > now()
    trail = session.scalars(select(Event).where(Event.subject_id == one).order_by(Event.id)).all()
    assert [(event.verb, event.facts.get("was"), event.facts.get("problem")) for event in trail] == [
        ("held", "queued", "stopped"),
        ("queued", "held", None),
    ]


def test_only_what_is_reached_is_held() -> None:
    here, there = queued(), queued()
    press("post", str(look(here[0]).post_id))
    assert stopping.run() == 1
    assert states(here + there) == ["held", "queued"]


def test_pressing_twice_is_one_stop_and_letting_go_twice_too() -> None:
    queued()
    first, second = press(), press(reason="Once more.")
    assert first == second
    let_go(first)
    let_go(first)
    with transaction():
        assert session.scalar(select(func.count()).select_from(Stop)) == 1
        verbs = session.scalars(select(Event.verb).where(Event.subject == "stops").order_by(Event.id)).all()
    assert verbs == ["stopped", "resumed"]
    assert press() != first


def test_many_press_at_once() -> None:
    with transaction():
        ravi = rows.ravi().id

    def one(_number: int) -> uuid.UUID:
        with transaction():
            return stops.stop(session.get_one(User, ravi), scope="everything", reason="Now.").id

    assert len(set(builders.at_once(4, one))) == 1


def test_of_two_stops_the_second_still_holds() -> None:
    both, network_only = queued(), queued()
    network, topic = press("network", "mastodon"), press("topic", str(look(both[0]).post.topic_id))
    stopping.run()
    assert states(both + network_only) == ["held", "held"]

    let_go(network)
    stopping.run()
    assert states(both + network_only) == ["held", "queued"]
    let_go(topic)
    stopping.run()
    assert states(both) == ["queued"]


def test_what_is_too_late_is_left_out_and_its_owner_is_asked() -> None:
    in_time, late = queued(), queued(latest_at=later(minutes=-1))
    stop_id = press()
    stopping.run()
    let_go(stop_id)
    assert stopping.run() == 2
    assert states(in_time + late) == ["queued", "skipped"]
    row = look(late[0])
    assert (row.problem, builders.notices(row.user_id)) == ("too_late", ["delivery_skipped"])


def test_while_it_is_sent_a_stop_changes_nothing() -> None:
    """The request may be on its way: it ends by itself. What comes back into the queue is held."""
    [one] = queued()
    with transaction():
        builders.force(session.get_one(Delivery, one), "sending")
    press()
    assert stopping.run() == 0
    with transaction():
        builders.force(session.get_one(Delivery, one), "queued", lease=None, leased_until=None)
    stopping.run()
    assert states([one]) == ["held"]


def test_what_is_shared_during_a_stop_waits_too() -> None:
    stop_id = press()
    [one] = queued()
    stopping.run()
    assert states([one]) == ["held"]
    let_go(stop_id)
    stopping.run()
    assert states([one]) == ["queued"]


def test_other_reasons_do_not_let_go_what_a_stop_holds() -> None:
    """Neither a reconnected account nor the hourly look; and a stop's end lets go nothing that is held for another reason."""
    [stopped], [other] = queued(), queued()
    with transaction():
        builders.force(session.get_one(Delivery, other), "held", problem="network_setup", due_at=later(hours=1))
    stop_id = press()
    stopping.run()
    with transaction():
        holding.release(account_ids=[look(stopped).account_id], now=now())
    with transaction():
        session.execute(update(Delivery).where(Delivery.id == other).values(problem="network_off"))
    sweeping.sweep(now=now())
    assert states([stopped]) == ["held"]
    with transaction():
        builders.force(session.get_one(Delivery, other), "held", problem="account_blocked")
    let_go(stop_id)
    assert stopping.run() == 1
    assert states([stopped, other]) == ["queued", "held"]


def test_a_stop_that_lasts_does_not_keep_what_is_late() -> None:
    """The hourly look leaves it out: its owner hears the same day."""
    [one] = queued(latest_at=later(minutes=-1))
    press()
    stopping.run()
    assert sweeping.sweep(now=now()) == 1
    assert states([one]) == ["skipped"]


def test_order_and_distance_when_it_goes_on() -> None:
    """First what somebody waits for, then by the old minutes; seconds apart; what is planned for later keeps its minute."""
    spread = [queued(1, priority=Priority.SPREAD.value, due_at=later(minutes=number - 30))[0] for number in range(20)]
    [waited_for] = queued(due_at=later(minutes=-1))
    [planned] = queued(due_at=(tomorrow := later(days=1)), latest_at=later(days=2))
    stop_id = press()
    stopping.run()
    let_go(stop_id)
    stopping.run()
    with transaction():
        leaving = session.execute(
            select(Delivery.id, Delivery.due_at).where(Delivery.due_at < later(hours=3)).order_by(Delivery.due_at)
        ).all()
    assert [row.id for row in leaving] == [waited_for, *spread]
    distances = [(b.due_at - a.due_at).total_seconds() for a, b in itertools.pairwise(leaving)]
    assert min(distances) >= going_on.APART_MOST
    assert len(set(distances)) > 10
    assert (look(planned).due_at, look(planned).problem) == (tomorrow, None)


def test_nothing_that_is_in_time_gets_a_minute_that_is_too_late() -> None:
    ids = queued(30, latest_at=later(minutes=2))
    stop_id = press()
    stopping.run()
    let_go(stop_id)
    stopping.run()
    assert all(row.due_at < row.latest_at for row in map(look, ids))
    assert len({look(one).due_at for one in ids}) > 20


def test_a_batch_goes_on_where_the_last_one_ended() -> None:
    ids = queued(12)
    stop_id = press()
    stopping.run()
    let_go(stop_id)
    for _turn in range(4):
        with transaction():
            assert stopping.release_resumed(3) == 3
    moments = sorted(look(one).due_at for one in ids)
    assert min((b - a).total_seconds() for a, b in itertools.pairwise(moments)) >= going_on.APART_MOST


def test_two_at_once_let_go_each_row_once() -> None:
    ids = queued(20)
    stop_id = press()
    builders.at_once(3, lambda _: stopping.run())
    assert set(states(ids)) == {"held"}
    let_go(stop_id)
    builders.at_once(3, lambda _: stopping.run())
    stopping.run()
    assert set(states(ids)) == {"queued"}
    with transaction():
        assert session.scalar(select(func.count()).where(Event.verb == "held")) == 20


def test_one_lets_go_at_a_time() -> None:
    """Two would give the same minutes: while one is at it, another finds nothing to do."""
    queued(10)
    stop_id = press()
    stopping.run()
    let_go(stop_id)
    with transaction():
        assert stopping.release_resumed(5) == 5
        assert builders.at_once(1, lambda _: stopping.release_resumed(5)) == [0]
    with transaction():
        assert stopping.release_resumed(10) == 5


def many(count: int) -> None:
    """Queued rows of one post in bulk: copies of one, with accounts and shares of their own."""
    [pattern] = queued(due_at=later(minutes=-5))
    with transaction():
        number = func.generate_series(1, count - 1).table_valued("n", joins_implicitly=True).render_derived().c.n

        def made_up(kind: str) -> ColumnElement[uuid.UUID]:
            return cast(func.md5(kind + cast(number, Text())), Uuid())

        ids = {kind: made_up(kind) for kind in ("account", "share", "delivery")}
        own: dict[Any, dict[str, Any]] = {
            ConnectedAccount: {"id": ids["account"], "remote_id": cast(number, Text())},
            Share: {"id": ids["share"], "click": cast(number, Text())},
            Delivery: {"id": ids["delivery"], "account_id": ids["account"], "share_id": ids["share"]},
        }
        first = session.get_one(Delivery, pattern)
        for table, source in ((ConnectedAccount, first.account_id), (Share, first.share_id), (Delivery, first.id)):
            columns = [column.key for column in table.__table__.columns]
            copied = select(*(own[table].get(key, getattr(table, key)) for key in columns)).where(table.id == source)
            session.execute(insert(table).from_select(columns, copied))


def test_ten_thousand_rows_stop_and_go_on_in_bounded_statements() -> None:
    """A statement per row would be ten thousand; pressing itself touches none of them."""
    many(10_000)
    with builders.statements() as pressing:
        stop_id = press()
    assert len(pressing) < 12
    with builders.statements() as said:
        assert stopping.run() == 10_000
    with builders.statements() as resuming:
        let_go(stop_id)
    assert len(resuming) < 12
    with builders.statements() as releasing:
        assert stopping.run() == 10_000
    turns = 10_000 // stopping.BATCH + 2
    assert len(said) <= 8 * turns
    assert len(releasing) <= 14 * turns
    with transaction():
        found = session.execute(select(Delivery.state, func.count(), func.max(Delivery.due_at)).group_by(Delivery.state)).one()
        assert tuple(found)[:2] == ("queued", 10_000)
        assert session.scalar(select(func.count()).where(Event.subject == "deliveries")) == 20_000


def test_a_thousand_that_are_too_late_are_left_out_in_bounded_statements() -> None:
    many(1_000)
    stop_id = press()
    stopping.run()
    with transaction():
        session.execute(update(Delivery).values(latest_at=later(minutes=-1)))
    let_go(stop_id)
    with builders.statements() as said:
        assert stopping.run() == 1_000
    assert len(said) < 60


def test_distance() -> None:
    assert [going_on.apart(count) for count in (1, 37, 360, 10_000)] == [30, 30, 10, 2]


def test_from_the_commit_on_nothing_leaves(control: Control) -> None:
    """Before any row is held: whoever takes one asks first. Afterwards each arrives once."""
    ids = builders.shared(control, count=3)
    stop_id = press()
    dispatching.run()
    assert control.creates() == 0
    assert set(states(ids)) == {"held"}
    let_go(stop_id)
    stopping.run()
    with transaction():
        session.execute(update(Delivery).values(due_at=now()))
    dispatching.run()
    assert (control.creates(), set(states(ids))) == (3, {"published"})


def test_pressed_while_a_worker_makes_ready(control: Control) -> None:
    """What was taken before the stop and has not been marked as sent stays here."""
    [one] = builders.shared(control)
    leased = leasing.lease_due(limit=1, now=now())
    [order] = orders.take(leased, now=now())
    ready = sending.prepared(order)
    press()
    departure = sending.begin([ready], now=now())
    sending.stay(departure, now=now())
    assert (list(departure.going), control.creates(), states([one])) == ([], 0, ["held"])
