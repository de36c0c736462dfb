"""Which worker holds which row: one statement, and the row is nobody else's until the lease ends.

Everything that has to be done with a delivery is found here, by `due_at`: sending what is queued, giving up on what was `sending` when its
worker died, looking for what is unconfirmed, taking back what its owner does not want any more.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import contains_eager

from app.db import session, transaction
from app.sharing.models import Delivery, Share
from app.sharing.pace import pace

WORK = or_(Delivery.state.in_(("queued", "sending", "unconfirmed")), Delivery.removal_asked_at.is_not(None))


@dataclass(frozen=True)
class Leased:
    """One row that this worker holds under this lease."""

    id: uuid.UUID
    lease: uuid.UUID
    state: str
    due_at: datetime


def lease_due(*, limit: int, now: datetime) -> list[Leased]:
    """Lease up to `limit` rows that are due now or within a moment, the oldest first; nobody waits for anybody."""
    lease = uuid.uuid4()
    due = (
        select(Delivery.id)
        .where(WORK, Delivery.due_at <= now + timedelta(seconds=pace().ahead))
        .where(or_(Delivery.leased_until.is_(None), Delivery.leased_until <= now))
        .order_by(Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claim = (
        update(Delivery)
        .where(Delivery.id == due.c.id)
        .values(lease=lease, leased_until=now + timedelta(seconds=pace().leased))
        .returning(Delivery.id, Delivery.state, Delivery.due_at)
        .execution_options(synchronize_session=False)
    )
    with transaction():
        rows = session.execute(claim).all()
    return [Leased(row.id, lease, row.state, row.due_at) for row in sorted(rows, key=lambda row: (row.due_at, row.id))]


def hold_longer(leased: Leased, *, until: datetime) -> None:
    """Keep a row for longer, if it is still ours (pictures take their time)."""
    with transaction():
        ours = and_(Delivery.id == leased.id, Delivery.lease == leased.lease)
        session.execute(update(Delivery).where(ours).values(leased_until=until))


def locked(leased: Leased) -> Delivery | None:
    """The row with its account, person and post, locked; none when it is not ours any more."""
    delivery = by_id(leased.id)
    return delivery if delivery.lease == leased.lease and delivery.state == leased.state else None


def by_id(delivery_id: uuid.UUID) -> Delivery:
    """The row with all that decides about it, locked and as it is now."""
    found = (
        select(Delivery)
        .where(Delivery.id == delivery_id)
        .join(Delivery.account)
        .join(Delivery.post)
        .join(Delivery.share)
        .join(Share.user)
        .options(
            contains_eager(Delivery.account),
            contains_eager(Delivery.post),
            contains_eager(Delivery.share).contains_eager(Share.user),
        )
        .with_for_update(of=Delivery)
    )
    return session.scalars(found, execution_options={"populate_existing": True}).one()
