"""The rows follow a stop, and its end, in batches: whoever presses waits for none of them.

What goes on again leaves little by little and in its order, so that the end of a stop is no flood.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import TIMESTAMP, ColumnElement, Text, Uuid, and_, column, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import joinedload

from app.db import session, transaction
from app.people.models import User
from app.sharing import holding, ledger_clock, stops
from app.sharing.models import Delivery, DeliveryState
from app.sharing.stop_models import Stop

STOPPED, AFTER_STOP = "stopped", "after_stop"
# Rows a transaction; whoever is told something is told in smaller portions.
BATCH, TOLD = 2000, 500
# Seconds: all that waits is spread over an hour, as far as each then leaves at least two and at most thirty after the one before it.
SPREAD_OVER, APART_LEAST, APART_MOST = 3600.0, 2.0, 30.0


def anything_due(_now: datetime) -> ColumnElement[bool]:
    """A question for the database: whether something is stopped, or still held by a stop that has ended."""
    held = select(Delivery.id).where(Delivery.state == DeliveryState.HELD.value, Delivery.problem == STOPPED)
    return or_(select(Stop.id).where(Stop.ended_at.is_(None)).exists(), held.exists())


def run() -> int:
    """Hold all that a stop reaches, let go all that none reaches any more; a batch at a time. Returns how many rows moved."""
    moved = 0
    for step in (hold_stopped, release_resumed):
        while True:
            with transaction():
                done = step(BATCH)
            moved += done
            if not done:
                break
    return moved


def hold_stopped(limit: int) -> int:
    """Hold up to `limit` queued rows that a stop reaches, in one statement; rows that somebody has in hand wait for the next turn."""
    queued = Delivery.state == DeliveryState.QUEUED.value
    wanted = select(Delivery.id, Delivery.state).where(queued, stops.reached()).limit(limit).with_for_update(of=Delivery, skip_locked=True)
    return holding.move_all(wanted, DeliveryState.HELD, problem=STOPPED)


def release_resumed(limit: int) -> int:
    """Take up to `limit` rows that a stop has held and none reaches any more: what is too late is left out, the others are queued again.

    One at a time, whoever asks: a second caller finds nothing to do.
    """
    if not session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended("release resumed", 0)))):
        return 0
    now = ledger_clock.now()
    late = _skip(min(limit, TOLD), now)
    return late + (_go_on(limit - late, now) if late < limit else 0)


def apart(count: int) -> float:
    """How many seconds lie between two shares on one network when so many of them have waited."""
    return min(APART_MOST, max(APART_LEAST, SPREAD_OVER / max(count, 1)))


def jitter(delivery_id: uuid.UUID) -> float:
    """A number from 0 to 1 that is always the same for this delivery."""
    return (delivery_id.int & 0xFFFF) / 0x10000


@dataclass
class Lane:
    """What goes on at one network: seconds between two shares, and when the last one leaves that has its minute."""

    apart: float
    last: datetime

    def next(self, delivery_id: uuid.UUID, latest_at: datetime, now: datetime) -> datetime:
        """The next minute of this lane; but in time, when there are more than fit."""
        self.last += timedelta(seconds=self.apart * (1 + jitter(delivery_id) / 4))
        return self.last if self.last < latest_at else now + (latest_at - now) * jitter(delivery_id)


def _free() -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.HELD.value, Delivery.problem == STOPPED, ~stops.reached())


def _skip(limit: int, now: datetime) -> int:
    """What is too late: its owner is told."""
    late = select(Delivery).where(_free(), Delivery.latest_at < now).limit(limit).options(joinedload(Delivery.post))
    rows = session.scalars(late.with_for_update(of=Delivery, skip_locked=True), execution_options={"populate_existing": True}).all()
    owners = session.scalars(select(User).where(User.id.in_({row.user_id for row in rows}))).all() if rows else []
    for row in rows:
        holding.skip(row, problem="too_late")
    del owners  # read together and kept until here, so that telling each asks nothing more
    return len(rows)


def _go_on(limit: int, now: datetime) -> int:
    """What is in time: first what somebody waits for, then by the old minutes. What is planned for later keeps its own."""
    found = select(Delivery.id, Delivery.network, Delivery.due_at, Delivery.latest_at).where(_free(), Delivery.latest_at >= now)
    ordered = found.order_by(Delivery.priority, Delivery.due_at, Delivery.id).limit(limit)
    rows = session.execute(ordered.with_for_update(of=Delivery, skip_locked=True)).all()
    lanes = _lanes(now) if rows else {}
    due = [lanes[row.network].next(row.id, row.latest_at, now) if row.due_at <= now else row.due_at for row in rows]
    problems = [AFTER_STOP if row.due_at <= now else None for row in rows]
    columns = column("id", Uuid()), column("due_at", TIMESTAMP(timezone=True)), column("problem", Text())
    planned = (
        func.unnest(
            literal([row.id for row in rows], ARRAY(Uuid())),
            literal(due, ARRAY(TIMESTAMP(timezone=True))),
            literal(problems, ARRAY(Text())),
        )
        .table_valued(*columns)
        .render_derived(name="planned")
    )
    wanted = select(Delivery.id, Delivery.state, planned.c.due_at, planned.c.problem).join(planned, planned.c.id == Delivery.id)
    return holding.move_all(wanted, DeliveryState.QUEUED, problem=None) if rows else 0


def _lanes(now: datetime) -> dict[str, Lane]:
    """Per network: how many have to be spread, those of earlier batches included, and up to when these take."""
    waiting = select(Delivery.network, Delivery.due_at).where(_free(), Delivery.due_at <= now, Delivery.latest_at >= now)
    going = select(Delivery.network, Delivery.due_at).where(
        Delivery.state == DeliveryState.QUEUED.value, Delivery.problem == AFTER_STOP, Delivery.due_at > now
    )
    both = union_all(waiting, going).subquery()
    found = session.execute(select(both.c.network, func.count(), func.max(both.c.due_at)).group_by(both.c.network))
    return {network: Lane(apart(count), max(last, now)) for network, count, last in found}
