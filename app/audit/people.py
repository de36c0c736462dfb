"""Names for the trail. It stands before the people's room on the way of a post, so it knows their table by its name only."""

import uuid
from collections.abc import Iterable

from sqlalchemy import Text, Uuid, column, or_, select, table

from app.db import session

MOST = 50
users = table("users", column("id", Uuid()), column("email", Text()), column("name", Text()))


def named(who: str) -> tuple[uuid.UUID, ...]:
    """Everybody whose address is this, or whose name holds it; at most fifty."""
    fits = or_(users.c.email == who.lower(), users.c.name.icontains(who, autoescape=True))
    return tuple(session.scalars(select(users.c.id).where(fits).order_by(users.c.name, users.c.id).limit(MOST)))


def names(ids: Iterable[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    """The names of these people, in one query."""
    rows = session.execute(select(users.c.id, users.c.name).where(users.c.id.in_({each for each in ids if each})))
    return {row.id: row.name for row in rows}
