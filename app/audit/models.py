"""The audit trail's table."""

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.db import Base, Json


class Event(Base):
    """One thing that somebody did. Rows are only ever added: a trigger refuses update and delete.

    `actor_id` is empty when the product itself acted. There is no foreign key on purpose: the trail outlives what it speaks of.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_subject", "subject", "subject_id", "id"),
        Index("ix_events_actor", "actor_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor_id: Mapped[uuid.UUID | None]
    verb: Mapped[str]
    subject: Mapped[str]
    subject_id: Mapped[uuid.UUID | None]
    facts: Mapped[Json] = mapped_column(default=dict)
