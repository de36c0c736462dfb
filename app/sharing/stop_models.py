"""Tables of what holds deliveries back: people who press stop, and networks that ask us to wait."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.db import Base, Id
from app.people.models import User


class Scope(StrEnum):
    """What one stop reaches."""

    EVERYTHING = "everything"
    NETWORK = "network"
    TOPIC = "topic"
    POST = "post"


class Stop(Base):
    """A reviewer or admin holds back everything, one network, one topic or one post, until somebody lets it go on.

    `subject` is the network's key or the id of topic or post, empty for everything. A delivery that a stop reaches does not become
    `sending`, from the moment the stop is committed.
    """

    __tablename__ = "stops"
    __table_args__ = (
        CheckConstraint("scope IN ('everything', 'network', 'topic', 'post')", name="scope"),
        CheckConstraint("(scope = 'everything') = (subject = '')", name="subject"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended"),
        Index("uq_stops_active", "scope", "subject", unique=True, postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[Id]
    scope: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    reason: Mapped[str]
    started_by: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[datetime | None]

    starter: Mapped[User] = relationship(foreign_keys=started_by)
    ender: Mapped[User | None] = relationship(foreign_keys=ended_by)


class RatePause(Base):
    """A network has asked one scope of ours to wait: an application, a server or an account. What Redis knows, it knows from here."""

    __tablename__ = "rate_pauses"
    __table_args__ = (Index("ix_rate_pauses_until", "until"),)
    key: Mapped[str] = mapped_column(primary_key=True)
    network: Mapped[str]
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(default="")
    said_at: Mapped[datetime] = mapped_column(default=now)
