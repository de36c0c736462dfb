"""Doubts that nobody settles any more: it is not known whether a copy is there, and whoever could tell has left.

Such a row ends as `failed`, with a problem of its own: a recall counts it as a copy that may be there. When its owner is back, it is
their question again.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select

from app import clock
from app.audit.moves import move
from app.db import session, transaction
from app.people.models import User
from app.sharing import holding, telling
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, DeliveryState
from app.sharing.pace import pace

NEVER_KNOWN = "never_known"


def close_all() -> int:
    """Give up what people who have left cannot answer any more, parked rows included; returns how many.

    They are locked first, as a deactivation and a return do: nobody who is back finds a row given up behind their back.
    """
    open_ones = Delivery.user_id == User.id, Delivery.state == DeliveryState.UNCONFIRMED.value
    gone = select(User).where(User.deactivated_at.is_not(None), select(Delivery.id).where(*open_ones).exists())
    with transaction():
        people = session.scalars(gone.order_by(User.id).with_for_update(read=True), execution_options={"populate_existing": True}).all()
        return _close(people) if people else 0


def close_of(user: User) -> None:
    """The same for one person, who is locked and leaves."""
    _close([user])


def _close(people: Sequence[User]) -> int:
    """In one statement. What a worker is looking for at this moment stays for the next sweep."""
    whose = Delivery.user_id.in_([one.id for one in people]), Delivery.state == DeliveryState.UNCONFIRMED.value
    at_rest = or_(Delivery.lease.is_(None), Delivery.leased_until < func.now())
    wanted = select(Delivery.id, Delivery.state).where(*whose, at_rest, _at_an_end()).order_by(Delivery.id)
    return holding.move_all(wanted.with_for_update(of=Delivery), DeliveryState.FAILED, problem=NEVER_KNOWN)


def _at_an_end() -> ColumnElement[bool]:
    """The first looks are over, or there is nothing left to look with."""
    without = select(ConnectedAccount.id).where(ConnectedAccount.id == Delivery.account_id, ConnectedAccount.tokens.is_(None))
    return or_(Delivery.looks >= len(pace().looks), without.exists())


def ask_again(user: User, *, now: datetime | None = None) -> None:
    """They are back, and locked: what had been given up without them is asked, and looked for again once their account is connected."""
    given_up = Delivery.user_id == user.id, Delivery.state == DeliveryState.FAILED.value, Delivery.problem == NEVER_KNOWN
    for delivery in session.scalars(select(Delivery).where(*given_up).order_by(Delivery.id).with_for_update(of=Delivery)):
        move(delivery, "unconfirmed", by=None, problem=NEVER_KNOWN)
        delivery.problem, delivery.looks, delivery.due_at = None, len(pace().looks), now or clock.now()
        telling.asks_owner(delivery)
