"""When each process was last seen alive."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app.clock import now
from app.db import session
from app.health.models import Heartbeat

FRESH = timedelta(seconds=30)
BEAT = "beat"
WORKER = "worker:"


@dataclass(frozen=True)
class Seen:
    """A process as it was last seen; `age` is by our clock and never below zero."""

    name: str
    at: datetime
    age: timedelta
    facts: dict[str, Any]

    @property
    def fresh(self) -> bool:
        """Whether it counts as alive."""
        return self.age <= FRESH


def beat(name: str, facts: dict[str, Any] | None = None, *, at: datetime | None = None) -> None:
    """Write down that a process was alive at that moment; an older moment never takes the place of a newer one."""
    row = insert(Heartbeat).values(name=name, at=at or now(), facts=facts or {})
    newer = row.on_conflict_do_update(
        index_elements=[Heartbeat.name],
        set_={"at": row.excluded["at"], "facts": row.excluded["facts"]},
        where=Heartbeat.at <= row.excluded["at"],
    )
    session.execute(newer)


def leave(name: str) -> None:
    """A process has ended as it should: nobody has to miss it."""
    session.execute(delete(Heartbeat).where(Heartbeat.name == name))


def seen() -> Sequence[Seen]:
    """Every process that is known, by name."""
    present = now()
    rows = session.execute(select(Heartbeat.name, Heartbeat.at, Heartbeat.facts).order_by(Heartbeat.name).limit(200))
    return [Seen(row.name, row.at, max(present - row.at, timedelta()), row.facts) for row in rows]
