"""The review queue: what waits, the most urgent first."""

import uuid
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import TIMESTAMP, ColumnElement, Integer, Select, Uuid, and_, bindparam, func, literal_column, or_, select, tuple_
from sqlalchemy.orm import defer, joinedload, load_only

from app.clock import now
from app.db import session
from app.editorial.models import Proposal, ProposalState
from app.editorial.service_target import answer_by
from app.people.models import User

PAGE = 20


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
    """When a proposal should be answered: when its author was told to expect it, or sooner when its wished time is sooner."""
    target = answer_by(Proposal.submitted_at)
    return func.least(target, func.coalesce(Proposal.wished_until, target))


def page(*, after: Place | None = None, limit: int | None = None) -> Page:
    """Up to `limit` waiting proposals with author, topic, revision and claim, in two queries."""
    size = limit or PAGE
    edge = {"urgency": after.urgency, "id": after.id} if after else {}
    found = session.execute(_question(bool(after)), {"size": size + 1, **edge}).all()
    more = Place(found[size - 1].urgency, found[size - 1].Proposal.id) if len(found) > size else None
    count = session.scalar(_waiting(func.count())) or 0
    return Page([row.Proposal for row in found[:size]], more, count)


@lru_cache(maxsize=2)
def _question(from_an_edge: bool) -> Select[Proposal, datetime]:
    """What a page shows, read only after it was chosen: to put hundreds in order takes their times, not their texts."""
    first = _waiting(Proposal.id, urgency().label("urgency")).order_by(urgency(), Proposal.id).limit(bindparam("size", type_=Integer()))
    if from_an_edge:
        edge = bindparam("urgency", type_=TIMESTAMP(timezone=True)), bindparam("id", type_=Uuid())
        first = first.where(tuple_(urgency(), Proposal.id) > tuple_(*edge))
    chosen = first.subquery("chosen")
    author = joinedload(Proposal.author).load_only(User.name, User.field)
    shown = author, joinedload(Proposal.topic), joinedload(Proposal.revision), joinedload(Proposal.claimed_by)
    rows = select(Proposal, chosen.c.urgency).join(chosen, chosen.c.id == Proposal.id).options(defer(Proposal.draft), *shown)
    return rows.order_by(chosen.c.urgency, chosen.c.id)


def _waiting(*columns: Any) -> Select[Any]:
    return select(*columns).where(Proposal.state == literal_column(f"'{ProposalState.SUBMITTED.value}'"))


def next_for(reviewer_id: uuid.UUID, *, but: uuid.UUID | None = None) -> Proposal | None:
    """The most urgent proposal that this reviewer may decide and nobody else holds."""
    free = or_(Proposal.claimed_until.is_(None), Proposal.claimed_until < now(), Proposal.claimed_by_id == reviewer_id)
    waiting = _waiting(Proposal).options(load_only(Proposal.id)).where(and_(free, Proposal.author_id != reviewer_id))
    if but is not None:
        waiting = waiting.where(Proposal.id != but)
    return session.scalars(waiting.order_by(urgency(), Proposal.id).limit(1)).first()
