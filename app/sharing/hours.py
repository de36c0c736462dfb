"""A person's sharing hours and the company's days off, as rows."""

import uuid
from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from app import clock
from app.audit.events import record
from app.db import session
from app.errors import Invalid, Missing, _
from app.people import lines
from app.people.models import User
from app.sharing.openings import Hours
from app.sharing.pacing import Wish
from app.sharing.pacing_models import DayOff, SharingHours

HABIT = Hours(days=frozenset({1, 2, 3, 4, 5}), from_minute=8 * 60 + 30, until_minute=17 * 60 + 30, own=False)
SHORTEST = 30
YEARS_AHEAD = 5


def of(user_id: uuid.UUID) -> Hours:
    """The person's hours; the company's habit while they have chosen none."""
    row = session.get(SharingHours, user_id)
    return HABIT if row is None else as_value(row)


def as_value(row: SharingHours) -> Hours:
    """The hours of a row."""
    return Hours(frozenset(row.days), row.from_minute, row.until_minute, row.on_days_off)


def wish(user: User, *, start: datetime, end: datetime) -> Wish:
    """When this person wants a share to leave, between two moments."""
    return Wish(of(user.id), user.time_zone, days_off(start, end), start, end)


def choose(user: User, *, days: Collection[int], from_minute: int, until_minute: int, on_days_off: bool) -> None:
    """From now on these hours hold; what is planned already keeps its minute. Raises Invalid at the first mistake."""
    wanted = sorted(set(days))
    if not wanted or not set(wanted) <= set(range(1, 8)):
        raise Invalid(_("Choose at least one day."), field="days")
    if not 0 <= from_minute < 1440 or not 0 < until_minute <= 1440:
        raise Invalid(_("Choose a time of day, like 08:30."), field="from")
    if until_minute - from_minute < SHORTEST:
        raise Invalid(_("The end has to be at least half an hour after the beginning."), field="until")
    values = {"days": wanted, "from_minute": from_minute, "until_minute": until_minute, "on_days_off": on_days_off}
    row = {"user_id": user.id, **values, "changed_at": clock.now()}
    stored = insert(SharingHours).values(row).on_conflict_do_update(index_elements=["user_id"], set_=row).returning(SharingHours)
    session.scalars(stored, execution_options={"populate_existing": True}).one()


def forget(user: User) -> None:
    """Back to the company's habit."""
    session.execute(delete(SharingHours).where(SharingHours.user_id == user.id))


def days_off(start: datetime, end: datetime) -> frozenset[date]:
    """The company's days off that may touch this time, wherever on earth it is looked at from."""
    day = timedelta(days=1)
    found = select(DayOff.day).where(DayOff.day.between((start - day).date(), (end + day).date()))
    return frozenset(session.scalars(found))


def all_days_off(*, since: date) -> list[DayOff]:
    """The list that an admin keeps, from a day on."""
    return list(session.scalars(select(DayOff).where(DayOff.day >= since).order_by(DayOff.day).limit(400)))


def add_day_off(day: date, name: str, *, by: uuid.UUID) -> None:
    """One more day on which the company rests; a day that is there already gets the new name. Raises Invalid."""
    words, today = lines.name(name, field="name", required=False), clock.now().date()
    if not words:
        raise Invalid(_("Give the day a name, like “New Year”."), field="name")
    if not today - timedelta(days=1) <= day <= today.replace(year=today.year + YEARS_AHEAD, day=1):
        raise Invalid(_("Choose a day that lies ahead, within the next five years."), field="day")
    values = {"day": day, "name": words}
    session.execute(insert(DayOff).values(values).on_conflict_do_update(index_elements=["day"], set_=values))
    record("day off added", "days_off", None, by=by, name=words, day=day.isoformat())


def remove_day_off(day: date, *, by: uuid.UUID) -> None:
    """The company works on this day after all. Raises Missing."""
    name = session.scalar(delete(DayOff).where(DayOff.day == day).returning(DayOff.name))
    if name is None:
        raise Missing(_("There is no such day on the list."))
    record("day off removed", "days_off", None, by=by, name=name, day=day.isoformat())
