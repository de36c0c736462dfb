"""Tables of heartbeats, alarms and running totals."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.db import Base, Json


class Heartbeat(Base):
    """When a process was last seen alive, by name (`beat`, `worker:<host>`)."""

    __tablename__ = "heartbeats"
    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    facts: Mapped[Json] = mapped_column(default=dict)


class Alarm(Base):
    """Something has been wrong since a moment; told to the admins once, and once more when it is over."""

    __tablename__ = "alarms"
    kind: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(default=now)
    told_at: Mapped[datetime | None]
    facts: Mapped[Json] = mapped_column(default=dict)


class Tally(Base):
    """Running totals of something that only grows, counted up to a key; each turn counts what came after it."""

    __tablename__ = "tallies"
    name: Mapped[str] = mapped_column(primary_key=True)
    upto: Mapped[str]
    totals: Mapped[Json] = mapped_column(default=dict)
