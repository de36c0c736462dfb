"""Table of heartbeats."""

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
