"""Teams: where people work."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.audit.events import record
from app.db import session
from app.errors import Invalid, Missing, _
from app.people import lines
from app.people.models import Team, User


def every() -> Sequence[Team]:
    """All teams by name."""
    return session.scalars(select(Team).order_by(Team.name)).all()


def options() -> list[tuple[str, str]]:
    """All teams as (id, name) to choose from."""
    return [(str(team.id), team.name) for team in every()]


def with_sizes() -> list[tuple[Team, int]]:
    """All teams by name with the number of their active people."""
    size = func.count(User.id).filter(User.deactivated_at.is_(None))
    rows = select(Team, size).outerjoin(User, User.team_id == Team.id).group_by(Team.id).order_by(Team.name)
    return [(team, count) for team, count in session.execute(rows)]


def found(team_id: uuid.UUID) -> Team:
    """The team; raises Missing."""
    team = session.get(Team, team_id, with_for_update=True)
    if team is None:
        raise Missing(_("There is no such team."))
    return team


def add(name: str, *, by: User) -> Team:
    """Add a team; raises Invalid when the name is empty, too long or taken."""
    team = Team()
    _save(team, lines.name(name, field="name"))
    record("team added", "teams", team.id, by=by.id, name=team.name)
    return team


def rename(team_id: uuid.UUID, name: str, *, by: User) -> Team:
    """Rename a team; raises Invalid when the name is empty, too long or taken."""
    team, wanted = found(team_id), lines.name(name, field="name")
    was = team.name
    if was != wanted:
        _save(team, wanted)
        record("team renamed", "teams", team.id, by=by.id, was=was, now=wanted)
    return team


def close(team_id: uuid.UUID, *, move_to: uuid.UUID | None, by: User) -> int:
    """Take a team away and move its people to another one or to none; returns how many moved."""
    team = found(team_id)
    if move_to == team_id or (move_to is not None and session.get(Team, move_to) is None):
        raise Missing(_("There is no such team."))
    moving = update(User).where(User.team_id == team_id).values(team_id=move_to).returning(User.id)
    moved = len(session.execute(moving).all())
    record("team closed", "teams", team.id, by=by.id, name=team.name, moved=moved, to=str(move_to or ""))
    session.delete(team)
    return moved


def _save(team: Team, name: str) -> None:
    try:
        with session.begin_nested():
            team.name = name
            session.add(team)
    except IntegrityError as error:
        raise Invalid(_("There is a team of this name already."), field="name") from error
