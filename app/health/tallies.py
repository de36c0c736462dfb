"""Running totals for monitoring: counted a piece at a time, each row once, so that millions of old rows cost nothing."""

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.audit.models import Event
from app.db import session
from app.health.models import Tally
from app.health.sweeping import id_before
from app.sharing.models import Attempt

MOVES, LATENESS = "moves", "lateness"
MOST = 50_000
# A row may be committed a while after its key was made.
SETTLED = timedelta(seconds=60)
# Seconds; the last bucket has no end.
BUCKETS = (0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 30.0, 60.0, 300.0, 3600.0)
Totals = dict[str, float]
Piece = tuple[str, Mapping[str, float]]


def count_on(*, now: datetime) -> bool:
    """Count what has come since the last turn, a bounded piece; returns whether more is left. Two at once take turns."""
    return any([_count(MOVES, _moves, now), _count(LATENESS, _lateness, now)])


def totals() -> dict[str, Totals]:
    """All that has been counted so far, by name."""
    found = {row.name: dict(row.totals) for row in session.scalars(select(Tally))}
    return {name: found.get(name, {}) for name in (MOVES, LATENESS)}


def _count(name: str, piece: Callable[[str, datetime], tuple[Piece, bool]], now: datetime) -> bool:
    start = {MOVES: "0", LATENESS: str(uuid.UUID(int=0))}[name]
    session.execute(insert(Tally).values(name=name, upto=start, totals={}).on_conflict_do_nothing())
    tally = session.get_one(Tally, name, with_for_update=True, populate_existing=True)
    (upto, more), left = piece(tally.upto, now - SETTLED)
    summed: Counter[str] = Counter(tally.totals)
    summed.update(more)
    tally.upto, tally.totals = upto, dict(summed)
    return left


def _moves(upto: str, until: datetime) -> tuple[Piece, bool]:
    """How many deliveries have gone to each state."""
    newer = select(Event.id, Event.verb, Event.subject).where(Event.id > int(upto), Event.at <= until).order_by(Event.id).limit(MOST)
    rows = newer.subquery()
    counted = select(func.max(rows.c.id), func.count(), rows.c.verb, rows.c.subject).group_by(rows.c.verb, rows.c.subject)
    found = session.execute(counted).all()
    last = max((row[0] for row in found), default=int(upto))
    more = {verb: float(count) for _last, count, verb, subject in found if subject == "deliveries" and " " not in verb}
    return (str(last), more), sum(row[1] for row in found) == MOST


def _lateness(upto: str, until: datetime) -> tuple[Piece, bool]:
    """How late attempts left, in buckets, with count and sum."""
    newer = select(Attempt.id, Attempt.due_at, Attempt.started_at).where(Attempt.id > uuid.UUID(upto), Attempt.id < id_before(until))
    rows = newer.order_by(Attempt.id).limit(MOST).subquery()
    late: Any = func.greatest(0, func.extract("epoch", rows.c.started_at - rows.c.due_at))
    known = rows.c.due_at.is_not(None)
    buckets = [func.count().filter(known, late <= most) for most in BUCKETS]
    sums = (func.max(rows.c.id.cast(_text())), func.count(), func.count().filter(known), func.coalesce(func.sum(late).filter(known), 0))
    last, looked, count, seconds, *within = session.execute(select(*sums, *buckets)).one()
    more = {"count": float(count), "sum": float(seconds)} | {str(most): float(one) for most, one in zip(BUCKETS, within, strict=True)}
    return (last or upto, more), looked == MOST


def _text() -> Any:
    return Tally.upto.type
