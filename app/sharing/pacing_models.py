"""Tables of when and how often: a person's hours, the company's days off, and how much one person may publish on a network."""

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, SmallInteger
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.db import Base
from app.people.models import UserId


class SharingHours(Base):
    """When a person wants those shares to leave that they leave to us, in their own zone; without a row the company's habit holds.

    `days` are ISO weekdays (1 is Monday), the minutes are counted from midnight; outside of them is quiet.
    """

    __tablename__ = "sharing_hours"
    __table_args__ = (
        CheckConstraint("from_minute >= 0 AND until_minute <= 1440 AND from_minute < until_minute", name="minutes"),
        CheckConstraint("cardinality(days) > 0 AND days <@ ARRAY[1, 2, 3, 4, 5, 6, 7]::smallint[]", name="days"),
    )
    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    days: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger))
    from_minute: Mapped[int] = mapped_column(SmallInteger)
    until_minute: Mapped[int] = mapped_column(SmallInteger)
    on_days_off: Mapped[bool] = mapped_column(default=False)
    changed_at: Mapped[datetime] = mapped_column(default=now)


class DayOff(Base):
    """A public holiday, or a day on which the company rests; an admin keeps the list."""

    __tablename__ = "days_off"
    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]


class NetworkCap(Base):
    """How much one person may publish on a network; without a row the safe default of that network holds.

    `apart_minutes`: two colleagues do not publish the same post there nearer together than that, when the choice is ours.
    """

    __tablename__ = "network_caps"
    __table_args__ = (CheckConstraint("per_hour > 0 AND per_day > 0 AND apart_minutes >= 0", name="positive"),)
    network: Mapped[str] = mapped_column(primary_key=True)
    per_hour: Mapped[int] = mapped_column(SmallInteger)
    per_day: Mapped[int] = mapped_column(SmallInteger)
    apart_minutes: Mapped[int] = mapped_column(SmallInteger)
    changed_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    changed_at: Mapped[datetime] = mapped_column(default=now)
