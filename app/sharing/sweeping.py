"""The hourly sweep: what is held is looked at again, so that nothing waits for ever, and old logins are cleared away."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from app.db import session, transaction
from app.sealed import is_lost
from app.sharing import accounts, holding, leasing
from app.sharing.account_models import AccountState, PendingConnection
from app.sharing.models import Delivery, DeliveryState
from app.sharing.networks import is_on

BATCH = 200
PENDING_KEPT = timedelta(days=1)


def sweep(*, now: datetime) -> int:
    """Leave out what is held and too late, let go what is held for a reason that has passed; returns how many rows moved.

    A stop lets go by itself when it ends (`stopping`).
    """
    with transaction():
        session.execute(delete(PendingConnection).where(PendingConnection.created_at < now - PENDING_KEPT))
    moved = 0
    for delivery_id in _held(now):
        with transaction():
            moved += _look_at(leasing.by_id(delivery_id), now=now)
    with transaction():
        accounts.keys_are_back()
    return moved


def _held(now: datetime) -> list[uuid.UUID]:
    with transaction():
        held = select(Delivery.id).where(Delivery.state == DeliveryState.HELD, or_(holding.not_stopped(), Delivery.latest_at < now))
        return list(session.scalars(held.order_by(Delivery.latest_at).limit(BATCH)))


def _look_at(delivery: Delivery, *, now: datetime) -> bool:
    account = delivery.account
    usable = account.state == AccountState.CONNECTED and is_on(delivery.network) and not is_lost(account.tokens)
    if delivery.state != DeliveryState.HELD or (now <= delivery.latest_at and not usable):
        return False
    holding.release_one(delivery, now=now)
    return True
