"""What is held is looked at again, so that nothing waits for ever, and left out when it is too late. Old logins are cleared away."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, select, tuple_

from app.db import session, transaction
from app.sealed import is_lost
from app.sharing import accounts, doubts, holding, leasing
from app.sharing.account_models import AccountState, ConnectedAccount, PendingConnection
from app.sharing.models import Delivery, DeliveryState
from app.sharing.networks import is_on, networks

BATCH = 200
PENDING_KEPT = timedelta(days=1)

Key = tuple[datetime, uuid.UUID]


def sweep(*, now: datetime) -> int:
    """Leave out what is held and too late, let go what is held for a reason that has passed, close what nobody can answer any more;
    returns how many rows moved.

    A stop lets go by itself when it ends (`stopping`).
    """
    with transaction():
        session.execute(delete(PendingConnection).where(PendingConnection.created_at < now - PENDING_KEPT))
    moved = leave_out_late(now=now) + _look_at_all(mended=True, now=now) + doubts.close_all()
    with transaction():
        accounts.keys_are_back()
    return moved


def anything_late(now: datetime) -> ColumnElement[bool]:
    """A question for the database: whether something is held that is too late by now."""
    return select(Delivery.id).where(_late(now)).exists()


def leave_out_late(*, now: datetime) -> int:
    """Leave out all that is held and too late, and ask its owners; returns how many rows moved."""
    return _look_at_all(mended=False, now=now)


def _look_at_all(*, mended: bool, now: datetime) -> int:
    """All of them, however many: a batch is read by the key of the last one, and each row has a transaction of its own."""
    moved, after = 0, None
    while batch := _held(after, mended=mended, now=now):
        for _latest_at, delivery_id in batch:
            with transaction():
                moved += _look_at(leasing.by_id(delivery_id), now=now)
        after = batch[-1]
    return moved


def _held(after: Key | None, *, mended: bool, now: datetime) -> list[Key]:
    with transaction():
        key = tuple_(Delivery.latest_at, Delivery.id)
        held = select(Delivery.latest_at, Delivery.id).where(_mended() if mended else _late(now))
        held = held if after is None else held.where(key > after)
        return [(row[0], row[1]) for row in session.execute(held.order_by(*key).limit(BATCH))]


def _late(now: datetime) -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.HELD.value, Delivery.latest_at < now)


def _mended() -> ColumnElement[bool]:
    """Its account and its network can be used, as far as the database can tell."""
    usable = ConnectedAccount.id == Delivery.account_id, ConnectedAccount.state == AccountState.CONNECTED.value
    on = Delivery.network.in_([key for key in networks() if is_on(key)])
    return and_(Delivery.state == DeliveryState.HELD.value, holding.not_stopped(), on, select(ConnectedAccount.id).where(*usable).exists())


def _look_at(delivery: Delivery, *, now: datetime) -> bool:
    account = delivery.account
    usable = account.state == AccountState.CONNECTED and is_on(delivery.network) and not is_lost(account.tokens)
    if delivery.state != DeliveryState.HELD or (now <= delivery.latest_at and not usable):
        return False
    holding.release_one(delivery, now=now)
    return True
