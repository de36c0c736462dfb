"""The rows follow a stop, and its end, in batches: whoever presses waits for none of them.

What goes on again leaves little by little and in its order, so that the end of a stop is no flood.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select, union_all
from sqlalchemy.orm import joinedload

from app import clock
from app.audit.moves import move
from app.db import session, transaction
from app.people.models import User
from app.sharing import holding, stops
from app.sharing.models import Delivery, DeliveryState

STOPPED, AFTER_STOP = "stopped", "after_stop"
BATCH = 500
# Seconds: all that waits is spread over an hour, as far as each then leaves at least two and at most thirty after the one before it.
SPREAD_OVER, APART_LEAST, APART_MOST = 3600.0, 2.0, 30.0


def run() -> int:
    """Hold all that a stop reaches, let go all that none reaches any more; a batch at a time. Returns how many rows moved."""
    moved = 0
    for step in (hold_stopped, release_resumed):
        while True:
            with transaction():
                done = step(BATCH)
            moved += done
            if done < BATCH:
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
    now = clock.now()
    late = _locked(Delivery.latest_at < now, limit=limit)
    _skip(late)
    rest = _locked(Delivery.latest_at >= now, limit=limit - len(late)) if len(late) < limit else []
    _go_on(rest, now)
    return len(late) + len(rest)


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

    def next(self, delivery: Delivery, now: datetime) -> datetime:
        """The next minute of this lane; but in time, when there are more than fit."""
        self.last += timedelta(seconds=self.apart * (1 + jitter(delivery.id) / 4))
        return self.last if self.last < delivery.latest_at else now + (delivery.latest_at - now) * jitter(delivery.id)


def _free() -> ColumnElement[bool]:
    return and_(Delivery.state == DeliveryState.HELD.value, Delivery.problem == STOPPED, ~stops.reached())


def _locked(condition: ColumnElement[bool], *, limit: int) -> Sequence[Delivery]:
    """Rows in the order in which they leave: first what somebody waits for, then by their minute."""
    found = select(Delivery).where(_free(), condition).order_by(Delivery.priority, Delivery.due_at, Delivery.id).limit(limit)
    found = found.options(joinedload(Delivery.post)).with_for_update(of=Delivery, skip_locked=True)
    return session.scalars(found, execution_options={"populate_existing": True}).all()


def _skip(late: Sequence[Delivery]) -> None:
    owners = session.scalars(select(User).where(User.id.in_({row.user_id for row in late}))).all() if late else []
    for row in late:
        holding.skip(row, problem="too_late")
    del owners  # they were read together, so that telling each asks nothing more


def _go_on(rows: Sequence[Delivery], now: datetime) -> None:
    lanes = _lanes(now) if rows else {}
    for row in rows:
        move(row, DeliveryState.QUEUED, by=None)
        row.problem, row.problem_detail = None, None
        if row.due_at <= now:
            row.due_at, row.problem = lanes[row.network].next(row, now), AFTER_STOP


def _lanes(now: datetime) -> dict[str, Lane]:
    """Per network: how many have to be spread, those of earlier batches included, and up to when these take."""
    waiting = select(Delivery.network, Delivery.due_at).where(_free(), Delivery.due_at <= now, Delivery.latest_at >= now)
    going = select(Delivery.network, Delivery.due_at).where(
        Delivery.state == DeliveryState.QUEUED.value, Delivery.problem == AFTER_STOP, Delivery.due_at > now
    )
    both = union_all(waiting, going).subquery()
    found = session.execute(select(both.c.network, func.count(), func.max(both.c.due_at)).group_by(both.c.network))
    return {network: Lane(apart(count), max(last, now)) for network, count, last in found}
