"""The rows follow a stop, and its end, in batches: whoever presses waits for none of them.

What goes on again leaves little by little and in its order (`going_on`), so that the end of a stop is no flood.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload

from app.db import session, transaction
from app.people.models import User
from app.sharing import going_on, holding, stops
from app.sharing.models import Delivery, DeliveryState
from app.sharing.stop_models import Stop

# Rows a transaction; whoever is told something is told in smaller portions.
BATCH, TOLD = 2000, 500


def anything_due(_now: datetime) -> ColumnElement[bool]:
    """A question for the database: whether something is stopped, or held although it could go on."""
    held = select(Delivery.id).where(Delivery.state == DeliveryState.HELD.value, Delivery.problem.in_(holding.GOES_ON))
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
    return holding.move_all(wanted, DeliveryState.HELD, problem=holding.STOPPED)


def release_resumed(limit: int) -> int:
    """Take up to `limit` rows that a stop has held and none reaches any more, or whose turn it is: what is too late, or would be, is left
    out, the others are queued again.

    One at a time, whoever asks: a second caller finds nothing to do. What time it is says PostgreSQL: a process that has not heard of a
    step of its clock would give back minutes that are over for the workers that have.
    """
    mine = func.pg_try_advisory_xact_lock(func.hashtextextended("release resumed", 0))
    is_mine, now = session.execute(select(mine, func.clock_timestamp())).one()
    if not is_mine:
        return 0
    late = select(Delivery.id).where(going_on.free(), Delivery.latest_at < now).limit(min(limit, TOLD))
    done = _skip(session.scalars(late.with_for_update(of=Delivery, skip_locked=True)).all())
    if done >= limit:
        return done
    moved, without = going_on.release(limit - done, now)
    return done + moved + _skip(without[:TOLD])


def _skip(ids: Sequence[uuid.UUID]) -> int:
    """What is too late, or has no room in its time; the rows are locked. Their owners are told."""
    if not ids:
        return 0
    found = select(Delivery).where(Delivery.id.in_(ids)).options(joinedload(Delivery.post))
    rows = session.scalars(found, execution_options={"populate_existing": True}).all()
    owners = session.scalars(select(User).where(User.id.in_({row.user_id for row in rows}))).all()
    for row in rows:
        holding.skip(row, problem="too_late")
    del owners  # read together and kept until here, so that telling each asks nothing more
    return len(rows)
