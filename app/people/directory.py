"""Finding people: the admin's list."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import joinedload, selectinload

from app.db import session
from app.errors import Missing, _
from app.people.models import User

PAGE = 25
COUNTED = 10_000
STATES: dict[str, ColumnElement[bool]] = {
    "active": User.deactivated_at.is_(None) & User.password_hash.is_not(None),
    "invited": User.deactivated_at.is_(None) & User.password_hash.is_(None),
    "deactivated": User.deactivated_at.is_not(None),
}


@dataclass(frozen=True)
class Page:
    """One page of people by name, where the pages before and after begin, and how many fit in all; beyond COUNTED, one more than that."""

    people: Sequence[User]
    before: uuid.UUID | None
    after: uuid.UUID | None
    total: int


def one(user_id: uuid.UUID) -> User:
    """A person with their team; raises Missing."""
    user = session.scalars(select(User).where(User.id == user_id).options(joinedload(User.team))).one_or_none()
    if user is None:
        raise Missing(_("There is no such person."))
    return user


def state(user: User) -> str:
    """Where a person stands: active, invited or deactivated."""
    if not user.is_active:
        return "deactivated"
    return "active" if user.password_hash is not None else "invited"


def find(
    *,
    words: str = "",
    state: str = "",
    team_id: uuid.UUID | None = None,
    role: str = "",
    before: uuid.UUID | None = None,
    after: uuid.UUID | None = None,
) -> Page:
    """People whose name or address has words that begin like these, by name; pages go by the person at their edge."""
    fitting = select(User).where(*_wanted(words, state, team_id, role))
    some = fitting.with_only_columns(User.id).limit(COUNTED + 1).subquery()
    total = session.scalar(select(func.count()).select_from(some)) or 0
    rows = session.scalars(_turned(fitting, before, after).options(selectinload(User.team)).limit(PAGE + 1)).all()
    people = list(reversed(rows[:PAGE])) if before else rows[:PAGE]
    more = len(rows) > PAGE
    has_before, has_after = (more, True) if before else (after is not None, more)
    return Page(people, people[0].id if people and has_before else None, people[-1].id if people and has_after else None, total)


def _wanted(words: str, state: str, team_id: uuid.UUID | None, role: str) -> list[ColumnElement[bool]]:
    wanted = [_begins_like(word) for word in words.replace("\0", "").split()[:5]]
    if state in STATES:
        wanted.append(STATES[state])
    if team_id is not None:
        wanted.append(User.team_id == team_id)
    if role:
        wanted.append(User.roles.contains([role]))
    return wanted


def _begins_like(word: str) -> ColumnElement[bool]:
    return or_(
        User.name.istartswith(word, autoescape=True),
        User.name.icontains(f" {word}", autoescape=True),
        User.email.istartswith(word, autoescape=True),
    )


def _turned(fitting: Select[User], before: uuid.UUID | None, after: uuid.UUID | None) -> Select[User]:
    """The rows from an edge on; backwards for the page before. An edge that is gone means the first page."""
    place = tuple_(User.name, User.id)
    edge = session.execute(select(User.name, User.id).where(User.id == (before or after))).first() if before or after else None
    if edge is not None:
        fitting = fitting.where(place < tuple_(*edge) if before else place > tuple_(*edge))
    backwards = before is not None
    return fitting.order_by(User.name.desc(), User.id.desc()) if backwards else fitting.order_by(User.name, User.id)
