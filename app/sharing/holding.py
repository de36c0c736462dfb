"""Deliveries that wait or stop for a reason outside of themselves: an account, a person, a network, a post."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, func, insert, literal, null, or_, select, update
from sqlalchemy.orm import joinedload

from app import clock, nudges
from app.audit.models import Event
from app.audit.moves import move
from app.db import on_commit, session
from app.sharing import stops, telling
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, DeliveryState, Priority

WAITING = (DeliveryState.QUEUED.value, DeliveryState.HELD.value)
# Held by a stop; or left to us and its minute over, so that it gets another one first. Both go on little by little (`going_on`).
STOPPED, TURN = "stopped", "turn"
GOES_ON = (STOPPED, TURN)


def hold(account: ConnectedAccount, *, problem: str) -> None:
    """Hold what is queued for an account; its owner is told about the account, not about each delivery."""
    for delivery in _locked(Delivery.account_id == account.id, Delivery.state == DeliveryState.QUEUED):
        hold_one(delivery, problem=problem)


def hold_one(delivery: Delivery, *, problem: str, detail: str | None = None) -> None:
    """Hold one delivery, which is locked; nobody leases it any more."""
    move(delivery, "held", by=None, problem=problem)
    delivery.problem, delivery.problem_detail = problem, detail
    unlease(delivery)


def release(*, account_ids: Collection[uuid.UUID], now: datetime) -> None:
    """Let go what was held for these accounts, but not what a stop holds; what is too late is left out, and its owner told."""
    for delivery in _locked(Delivery.account_id.in_(account_ids), Delivery.state == DeliveryState.HELD, not_stopped()):
        release_one(delivery, now=now)
    for delivery in _locked(Delivery.account_id.in_(account_ids), Delivery.removal_asked_at.is_not(None)):
        delivery.due_at = now


def release_network(network: str, *, now: datetime) -> None:
    """The same for all that was held because a network was switched off or set up wrongly, in two statements, however many they are.

    What is too late by now stays held for a moment: a worker leaves it out, and tells its owner (`sweeping`).
    """
    reasons = Delivery.problem.in_(("network_off", "network_setup"))
    held = Delivery.network == network, Delivery.state == DeliveryState.HELD.value, reasons, Delivery.latest_at >= now
    takes_turn = (Delivery.priority == Priority.SPREAD.value) & (Delivery.due_at <= now)
    session.execute(update(Delivery).where(*held, takes_turn).values(problem=TURN), execution_options={"synchronize_session": False})
    on_commit(_next_turn)
    columns = func.greatest(Delivery.due_at, now).label("due_at"), null().label("problem")
    wanted = select(Delivery.id, Delivery.state, *columns).where(*held).order_by(Delivery.id).with_for_update(of=Delivery)
    move_all(wanted, DeliveryState.QUEUED, problem=None)


def release_one(delivery: Delivery, *, now: datetime) -> None:
    """Back into the queue, or left out when its latest time has passed; what was left to us first waits for another minute."""
    if now > delivery.latest_at:
        skip(delivery, problem="too_late")
        return
    if delivery.priority == Priority.SPREAD and delivery.due_at <= now:
        delivery.problem, delivery.problem_detail = TURN, None
        on_commit(_next_turn)
        return
    move(delivery, "queued", by=None)
    delivery.due_at, delivery.problem, delivery.problem_detail = max(delivery.due_at, now), None, None


def hold_until_turn(ids: Collection[uuid.UUID]) -> None:
    """Their minute is over: hold these, which are locked, until they have another one, in one statement."""
    move_all(select(Delivery.id, Delivery.state).where(Delivery.id.in_(ids)), DeliveryState.HELD, problem=TURN)
    on_commit(_next_turn)


def _next_turn() -> None:
    nudges.nudge(stops.JOB)


def skip(delivery: Delivery, *, problem: str) -> None:
    """Leave one delivery out, which is locked, and tell its owner."""
    _leave_out(delivery, problem=problem)
    telling.left_out(delivery)


def _leave_out(delivery: Delivery, *, problem: str) -> None:
    move(delivery, "skipped", by=None, problem=problem)
    delivery.problem, delivery.problem_detail = problem, None
    unlease(delivery)


def cancel(*, by: uuid.UUID | None, problem: str, account_ids: Collection[uuid.UUID] = (), user_id: uuid.UUID | None = None) -> None:
    """Cancel what has not left, for accounts or for a person."""
    whose = Delivery.user_id == user_id if user_id else Delivery.account_id.in_(account_ids)
    for delivery in _locked(whose, Delivery.state.in_(WAITING)):
        cancel_one(delivery, by=by, problem=problem)


def cancel_one(delivery: Delivery, *, by: uuid.UUID | None, problem: str | None = None) -> None:
    """Cancel one delivery, which is locked."""
    move(delivery, "cancelled", by=by)
    delivery.problem, delivery.problem_detail = problem, None
    unlease(delivery)


def skip_post(post_id: uuid.UUID) -> None:
    """A post was withdrawn: leave out what has not left. Whoever withdraws it tells the owners."""
    waiting = Delivery.post_id == post_id, Delivery.state.in_(WAITING)
    wanted = select(Delivery.id, Delivery.state).where(*waiting).order_by(Delivery.id).with_for_update(of=Delivery)
    move_all(wanted, DeliveryState.SKIPPED, problem="post_withdrawn")


def move_all(wanted: Select[*tuple[Any, ...]], to: DeliveryState, *, problem: str | None) -> int:
    """Move the rows of a query (id, state) with their events in one statement; returns how many. What may not move stays.

    Further columns of the query are written into the rows; the problem stands in the event, and in the row when the query has none.
    """
    sources = [state for state, targets in Delivery.MOVES.items() if to.value in targets]
    rows = wanted.where(Delivery.state.in_(sources)).cte("wanted")
    plain: dict[str, Any] = {"state": to.value, "problem": problem, "problem_detail": None, "lease": None, "leased_until": None}
    changed = plain | {column.name: column for column in rows.c if column.name not in ("id", "state")}
    moved = update(Delivery).where(Delivery.id == rows.c.id).values(changed).returning(Delivery.id, rows.c.state.label("was")).cte("moved")
    facts = func.jsonb_strip_nulls(func.jsonb_build_object("was", moved.c.was, "problem", literal(problem, Text())))
    events = select(literal(clock.now()), literal(to.value), literal("deliveries"), moved.c.id, facts)
    statement = insert(Event).from_select(["at", "verb", "subject", "subject_id", "facts"], events)
    session.flush()
    result = session.execute(statement, execution_options={"synchronize_session": False, "preserve_rowcount": True})
    for loaded in [row for row in session.identity_map.values() if isinstance(row, Delivery)]:
        session.expire(loaded)
    return int(getattr(result, "rowcount", 0))


def not_stopped() -> ColumnElement[bool]:
    """Held for another reason than a stop, and not until its turn."""
    return or_(Delivery.problem.is_(None), Delivery.problem.not_in(GOES_ON))


def unlease(delivery: Delivery) -> None:
    """No worker holds this row any more."""
    delivery.lease, delivery.leased_until = None, None


def _locked(*conditions: ColumnElement[bool]) -> list[Delivery]:
    """The deliveries, locked in one order, as they are now."""
    found = select(Delivery).where(*conditions).order_by(Delivery.id)
    found = found.options(joinedload(Delivery.account), joinedload(Delivery.post))
    return list(session.scalars(found.with_for_update(of=Delivery), execution_options={"populate_existing": True}))
