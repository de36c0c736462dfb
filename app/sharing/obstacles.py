"""What can stand against sending a delivery: asked when an order is taken, and again in the step that marks it `sending`."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ARRAY, ColumnElement, Row, Select, Uuid, any_, bindparam, select

from app.db import session, transaction
from app.editorial.models import Post
from app.people.models import User
from app.sharing import holding, leasing, stops
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.leasing import Leased
from app.sharing.models import Delivery, DeliveryState, Priority
from app.sharing.neighbours import NEAREST
from app.sharing.networks import is_on
from app.sharing.pace import pace

Facts = Row[Any]
Question = Select[Any]
# One parameter, however many rows are asked about: PostgreSQL keeps the plan.
ASKED = Delivery.id == any_(bindparam("ids", type_=ARRAY(Uuid())))
# Seconds: in a crowd with this distance there is room between two for one more, at the smallest that its distance is halved to.
CROWD = 4 * NEAREST


def facts(*more: ColumnElement[Any] | Any) -> Question:
    """A question for all that decides about deliveries, and for more columns; the caller says about which."""
    question: Any = (
        select(
            Delivery.id,
            Delivery.lease,
            Delivery.state,
            Delivery.priority,
            Delivery.due_at,
            Delivery.latest_at,
            Delivery.network,
            Delivery.user_id,
            Delivery.account_id,
            Delivery.timing["moved_from"].as_string().label("moved_from"),
            Delivery.timing["distance"].as_float().label("distance"),
            Post.state.label("post_state"),
            User.deactivated_at,
            ConnectedAccount.state.label("account_state"),
            ConnectedAccount.problem.label("account_problem"),
            stops.reached().label("stopped"),
            *more,
        )
        .select_from(Delivery)
        .join(Post, Post.id == Delivery.post_id)
        .join(User, User.id == Delivery.user_id)
        .join(ConnectedAccount, ConnectedAccount.id == Delivery.account_id)
    )
    return cast("Question", question)


def against(one: Facts, *, now: datetime) -> str | None:
    """The code of the first thing that stands against sending it, or None."""
    laws = (
        (one.deactivated_at is not None, "person_left"),
        (one.post_state != "live", "post_withdrawn"),
        (now > one.latest_at, "too_late"),
        (one.account_state == AccountState.DISCONNECTED, "account_disconnected"),
        (one.account_state != AccountState.CONNECTED, one.account_problem or "token_invalid"),
        (not is_on(one.network), "network_off"),
        (one.stopped, "stopped"),
        (_lost_its_minute(one, now), holding.TURN),
    )
    return next((code for holds, code in laws if holds), None)


def _lost_its_minute(one: Facts, now: datetime) -> bool:
    """Left to us, and long overdue, because no worker was there: colleagues with the same post may be, too, and would leave with it."""
    return bool(one.priority == Priority.SPREAD and now - one.due_at > timedelta(seconds=_bearable(one)))


def _bearable(one: Facts) -> float:
    """How many seconds late it may leave: less, where it was given a smaller distance from colleagues.

    That counts once: who was moved before is not moved again for so little, or an hour in which much is to do would throw them on and on.
    Where a crowd is so close that nobody finds room between two others, it leaves rather late than not at all.
    """
    near = one.distance is not None and one.distance >= CROWD and one.moved_from is None
    return min(pace().overdue, max(one.distance, pace().busy)) if near else pace().overdue


def turn_away(leased: Sequence[Leased], *, now: datetime) -> None:
    """Move each of these to where it belongs, if something still stands against it, and tell its owner; one transaction each, but one
    for all whose minute is over: after an outage these are many.
    """
    waiting = _until_turn(leased, now=now) if leased else set()
    for one in [one for one in leased if one.id not in waiting]:
        with transaction():
            delivery = leasing.locked(one)
            if delivery is not None:
                _turn_away(delivery, now=now)


def _until_turn(leased: Sequence[Leased], *, now: datetime) -> set[uuid.UUID]:
    """Hold those of these that need another minute and nothing else; returns their ids."""
    leases = {one.id: one for one in leased}
    with transaction():
        asked = facts().where(ASKED).order_by(Delivery.id).with_for_update(of=Delivery)
        rows = session.execute(asked, {"ids": list(leases)}).all()
        found = {row.id for row in rows if ours(row, leases[row.id]) and against(row, now=now) == holding.TURN}
        if found:
            holding.hold_until_turn(found)
    return found


def _turn_away(delivery: Delivery, *, now: datetime) -> None:
    code = against(session.execute(facts().where(Delivery.id == delivery.id)).one(), now=now)
    if code is None:
        holding.unlease(delivery)
    elif code in ("person_left", "account_disconnected"):
        holding.cancel_one(delivery, by=None, problem=code)
    elif code in ("post_withdrawn", "too_late"):
        holding.skip(delivery, problem=code)
    else:
        holding.hold_one(delivery, problem=code)


def ours(one: Facts, leased: Leased) -> bool:
    """Whether the row is still queued and under this lease."""
    return bool(one.lease == leased.lease and one.state == DeliveryState.QUEUED)


def by_id(rows: Sequence[Facts]) -> dict[uuid.UUID, Facts]:
    """The rows by their delivery."""
    return {row.id: row for row in rows}
