"""What is deleted in time: nothing that proves anything, only what has done its work.

Ids begin with the time, so "older than" is a range of the primary key; each turn deletes a bounded batch.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select

from app.clock import now
from app.db import session
from app.health.models import Heartbeat
from app.notices.models import Mail, Notice
from app.people.models import SignIn, Ticket

BATCH = 2000
MOST_TURNS = 50


@dataclass(frozen=True)
class Broom:
    """Rows of one table that are older than `keep` and fit `also`."""

    table: Any
    key: Any
    keep: timedelta
    also: ColumnElement[bool] | None = None

    def sweep(self) -> int:
        """Delete one batch; returns how many rows went."""
        cutoff = now() - self.keep
        old = self.key < id_before(cutoff) if self.key.type.python_type is uuid.UUID else self.table.at < cutoff
        chosen = select(self.key).where(old)
        if self.also is not None:
            chosen = chosen.where(self.also)
        batch = chosen.order_by(self.key).limit(BATCH).with_for_update(skip_locked=True)
        gone = delete(self.table).where(self.key.in_(batch.scalar_subquery())).returning(self.key)
        return len(session.execute(gone, execution_options={"synchronize_session": False}).all())


def id_before(moment: datetime) -> uuid.UUID:
    """The smallest id of that millisecond: ids made earlier are below it."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


BROOMS = (
    Broom(Notice, Notice.id, timedelta(days=90), Notice.read_at.is_not(None)),
    Broom(Notice, Notice.id, timedelta(days=365)),
    Broom(Mail, Mail.id, timedelta(days=30), or_(Mail.sent_at.is_not(None), Mail.failed_at.is_not(None))),
    Broom(Ticket, Ticket.id, timedelta(days=30)),
    Broom(SignIn, SignIn.id, timedelta(days=90), SignIn.ended_at.is_not(None)),
    Broom(Heartbeat, Heartbeat.name, timedelta(days=1)),
)
