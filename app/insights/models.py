"""Tables of readings."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.db import Base, Json


class Reading(Base):
    """One count from a network at one moment: {"likes": 3, "reposts": 0}. What a network does not offer is absent, never 0."""

    __tablename__ = "readings"
    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deliveries.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True, default=now)
    counts: Mapped[Json]
