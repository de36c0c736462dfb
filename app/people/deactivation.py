"""When somebody leaves: no way in any more, nothing of theirs on its way, and what they did stays in the trail."""

import uuid
from collections.abc import Callable

from sqlalchemy import select

from app.audit.events import record
from app.clock import now
from app.db import session
from app.errors import Missing, Stale, _
from app.people import sign_ins, tickets
from app.people.models import Role, TicketKind, User

# Later rooms register here what must stop when a person is deactivated (sharing: deliveries that have not left).
WHEN_DEACTIVATED: list[Callable[[User], None]] = []
# And here what becomes theirs again when the person is back (sharing: what nobody could answer without them).
WHEN_REACTIVATED: list[Callable[[User], None]] = []


def locked(user_id: uuid.UUID) -> User:
    """The person, locked against others who change them; raises Missing."""
    row = select(User).where(User.id == user_id).with_for_update(of=User).execution_options(populate_existing=True)
    user = session.scalars(row).one_or_none()
    if user is None:
        raise Missing(_("There is no such person."))
    return user


def deactivate(user_id: uuid.UUID, *, by: User) -> User:
    """Close a person's access: sign-ins end, links become void, deliveries that have not left stop. Doing it twice changes nothing.

    Raises Stale for the last admin.
    """
    keep_an_admin(besides=user_id)
    user = locked(user_id)
    if not user.is_active:
        return user
    user.deactivated_at = now()
    sign_ins.end_all(user)
    tickets.void(user, TicketKind.INVITATION, TicketKind.RESET)
    for stop in WHEN_DEACTIVATED:
        stop(user)
    record("deactivated", "users", user.id, by=by.id)
    return user


def reactivate(user_id: uuid.UUID, *, by: User) -> User:
    """Let a person in again with the password they had. What was stopped stays stopped; what only they can answer is asked again."""
    user = locked(user_id)
    if user.is_active:
        return user
    user.deactivated_at = None
    for resume in WHEN_REACTIVATED:
        resume(user)
    record("reactivated", "users", user.id, by=by.id)
    return user


def keep_an_admin(*, besides: uuid.UUID) -> None:
    """Raise Stale when nobody else could run this installation; holds a lock on all admins, so that two cannot leave at once."""
    admins = select(User.id, User.password_hash.is_not(None)).where(User.roles.contains([Role.ADMIN.value]))
    rows = session.execute(admins.where(User.deactivated_at.is_(None)).order_by(User.id).with_for_update()).all()
    is_admin = any(user_id == besides for user_id, _ready in rows)
    if is_admin and not any(ready for user_id, ready in rows if user_id != besides):
        raise Stale(_("This is the last admin who can sign in. Make somebody else an admin first."))
