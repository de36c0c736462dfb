"""What people may do and where they work, changed by an admin for one person or for several."""

import uuid
from collections.abc import Iterable, Sequence

from app.audit.events import record
from app.db import session
from app.errors import Missing, _
from app.people.deactivation import keep_an_admin, locked
from app.people.invitations import clean_roles
from app.people.models import Role, Team, User


def give(user_id: uuid.UUID, roles: Sequence[str], *, by: User) -> User:
    """Set a person's roles; raises Stale when that would leave nobody to run the installation."""
    wanted = clean_roles(roles)
    if Role.ADMIN not in wanted:
        keep_an_admin(besides=user_id)
    user = locked(user_id)
    if user.roles != wanted:
        record("roles changed", "users", user.id, by=by.id, was=list(user.roles), now=wanted)
        user.roles = wanted
    return user


def add(user_ids: Iterable[uuid.UUID], role: str, *, by: User) -> int:
    """Give several people one more role; returns how many there were."""
    return len([give(user.id, [*user.roles, role], by=by) for user in _each(user_ids)])


def take(user_ids: Iterable[uuid.UUID], role: str, *, by: User) -> int:
    """Take one role from several people; returns how many there were. All or none: the last admin stops it."""
    return len([give(user.id, [kept for kept in user.roles if kept != role], by=by) for user in _each(user_ids)])


def place(user_ids: Iterable[uuid.UUID], team_id: uuid.UUID | None, *, by: User) -> int:
    """Put several people into a team, or into none; returns how many there were. Raises Missing for no such team."""
    if team_id is not None and session.get(Team, team_id) is None:
        raise Missing(_("There is no such team."))
    people = list(_each(user_ids))
    for user in people:
        if user.team_id != team_id:
            record("team changed", "users", user.id, by=by.id, was=str(user.team_id or ""), now=str(team_id or ""))
            user.team_id = team_id
    return len(people)


def _each(user_ids: Iterable[uuid.UUID]) -> Iterable[User]:
    """The people in one order, each locked, so that two admins at once wait instead of blocking each other."""
    return (locked(user_id) for user_id in sorted(set(user_ids)))
