"""The review queue: what waits, the most urgent first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.orm import defer, joinedload, load_only

from app.clock import now
from app.db import session
from app.editorial.models import Proposal, ProposalState
from app.people.models import User

PAGE = 30
TARGET = timedelta(hours=24)


@dataclass(frozen=True)
class Place:
    """Where a page of the queue ended: the urgency and id of its last row."""

    urgency: datetime
    id: uuid.UUID

    def __str__(self) -> str:
        """For an address."""
        return f"{self.urgency.isoformat()}~{self.id}"


def place(written: str) -> Place | None:
    """Read a place from an address; none when somebody has changed it by hand."""
    moment, _, key = written.partition("~")
    try:
        return Place(datetime.fromisoformat(moment.replace(" ", "+")), uuid.UUID(key))
    except ValueError:
        return None


@dataclass(frozen=True)
class Page:
    """One page of the queue and where the next one starts."""

    proposals: list[Proposal]
    next: Place | None
    waiting: int


def urgency() -> ColumnElement[datetime]:
    """When a proposal should be answered: a day after it came, or sooner when its wished time is sooner."""
    target = Proposal.submitted_at + literal(TARGET)
    return func.least(target, func.coalesce(Proposal.wished_until, target))


def page(*, after: Place | None = None, limit: int | None = None) -> Page:
    """Up to `limit` waiting proposals with author, topic, revision and claim, in two queries."""
    size = limit or PAGE
    first = _waiting(Proposal.id, urgency().label("urgency")).order_by(urgency(), Proposal.id).limit(size + 1)
    if after is not None:
        first = first.where(tuple_(urgency(), Proposal.id) > tuple_(literal(after.urgency), literal(after.id)))
    found = _whole(first.subquery("first"))
    more = Place(found[size - 1].urgency, found[size - 1].Proposal.id) if len(found) > size else None
    count = session.scalar(_waiting(func.count())) or 0
    return Page([row.Proposal for row in found[:size]], more, count)


def _waiting(*columns: Any) -> Select[Any]:
    return select(*columns).where(Proposal.state == literal_column(f"'{ProposalState.SUBMITTED.value}'"))


def _whole(first: Subquery) -> Sequence[Row[Any]]:
    """What a page shows of these, read only after they were chosen: to put hundreds in order takes their times, not their texts."""
    author = joinedload(Proposal.author).load_only(User.name, User.field)
    shown = author, joinedload(Proposal.topic), joinedload(Proposal.revision), joinedload(Proposal.claimed_by)
    rows = select(Proposal, first.c.urgency).join(first, first.c.id == Proposal.id).options(defer(Proposal.draft), *shown)
    return session.execute(rows.order_by(first.c.urgency, first.c.id)).all()


def next_for(reviewer_id: uuid.UUID, *, but: uuid.UUID | None = None) -> Proposal | None:
    """The most urgent proposal that this reviewer may decide and nobody else holds."""
    free = or_(Proposal.claimed_until.is_(None), Proposal.claimed_until < now(), Proposal.claimed_by_id == reviewer_id)
    waiting = _waiting(Proposal).options(load_only(Proposal.id)).where(and_(free, Proposal.author_id != reviewer_id))
    if but is not None:
        waiting = waiting.where(Proposal.id != but)
    return session.scalars(waiting.order_by(urgency(), Proposal.id).limit(1)).first()
