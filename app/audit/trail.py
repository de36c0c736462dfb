"""Reading the trail: newest first, by key, for a person, a kind of thing and a day; never more than a page of rows."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, text

from app.audit.models import Event
from app.db import session

PAGE = 50
LOOK_BACK = 200_000
CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class Page:
    """One page of events, newest first; `older` and `newer` are the ids to go on from, or None at the ends."""

    events: Sequence[Event]
    older: int | None
    newer: int | None


@dataclass(frozen=True)
class Wanted:
    """What to look for. `people`: those who acted, or whom it concerned. `start` and `end`: a span of time, end excluded."""

    people: tuple[uuid.UUID, ...] | None = None
    subject: str = ""
    start: datetime | None = None
    end: datetime | None = None

    @property
    def reaches_far(self) -> bool:
        """Whether no index narrows this: then only the newest events are looked at."""
        return bool(self.subject) and self.people is None and self.start is None


def page(wanted: Wanted, *, before: int | None = None, after: int | None = None, size: int = PAGE) -> Page:
    """The events before (older than) an id, or after (newer than) one, or the newest ones."""
    query = select(Event).where(*_conditions(wanted))
    if after is not None:
        rows = list(session.scalars(query.where(Event.id > after).order_by(Event.id).limit(size + 1)))
        more, shown = len(rows) > size, rows[:size][::-1]
        return Page(shown, shown[-1].id if shown else None, shown[0].id if shown and more else None)
    if before is not None:
        query = query.where(Event.id < before)
    rows = list(session.scalars(query.order_by(Event.id.desc()).limit(size + 1)))
    more, shown = len(rows) > size, rows[:size]
    return Page(shown, shown[-1].id if more else None, shown[0].id if shown and before is not None else None)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.people is not None:
        about = (Event.subject == "users") & Event.subject_id.in_(wanted.people)
        found.append(or_(Event.actor_id.in_(wanted.people), about))
    if wanted.subject:
        found.append(Event.subject == wanted.subject)
    if wanted.start and wanted.end:
        found += [Event.at >= wanted.start, Event.at < wanted.end]
        found.append(Event.id >= first_id_at(wanted.start - CLOCKS_DIFFER))
        found.append(Event.id <= first_id_at(wanted.end + CLOCKS_DIFFER))
    if wanted.reaches_far:
        found.append(Event.id > (session.scalar(select(func.max(Event.id))) or 0) - LOOK_BACK)
    return found


def first_id_at(moment: datetime) -> int:
    """About the first id of that time, or of the time after it. Ids grow with the time, so the primary key is halved until it is
    found: some thirty looks into one index, and no index on `at` that every event would have to feed.
    """
    return session.scalar(HALVING, {"moment": moment}) or 0


HALVING = text(
    """
    WITH RECURSIVE span (low, high) AS (
        SELECT coalesce(min(id), 0), coalesce(max(id), 0) + 1 FROM events
        UNION ALL
        SELECT CASE WHEN earlier THEN middle + 1 ELSE low END, CASE WHEN earlier THEN high ELSE middle END
        FROM (
            SELECT low, high, (low + high) / 2 AS middle,
                coalesce((SELECT at FROM events WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) < :moment, false) AS earlier
            FROM span WHERE low < high
        ) AS halves
    )
    SELECT max(low) FROM span
    """
)
