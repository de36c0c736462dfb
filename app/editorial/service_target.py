"""When an answer can be expected: one working day, nine to five, Monday to Friday, where the company is (COMPANY_TIME_ZONE)."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Text, and_, bindparam, case, func, literal

import config

OPENS, CLOSES = time(9), time(17)
WORKING_DAY = timedelta(hours=8)
SATURDAY = 5
DAY = timedelta(days=1)


def service_target(submitted_at: datetime) -> datetime:
    """The moment, aware and UTC, at which one working day has passed since `submitted_at`."""
    start, left = _opening(submitted_at.astimezone(ZoneInfo(config.settings().time_zone))), WORKING_DAY
    while (today := _closing(start) - start) < left:
        left -= today
        start = _opening(_closing(start))
    return (start + left).astimezone(submitted_at.tzinfo)


def answer_by(submitted_at: Any) -> ColumnElement[datetime]:
    """The same as the database reckons it, to put many in order."""
    zone: Any = bindparam("company_zone", callable_=lambda: config.settings().time_zone, type_=Text())
    opens, closes = timedelta(hours=OPENS.hour), timedelta(hours=CLOSES.hour)
    local = func.timezone(zone, submitted_at)
    day, weekday = func.date_trunc("day", local), func.extract("isodow", local)
    clock, next_day = local - day, day + case((weekday == 5, literal(3 * DAY)), (weekday == 6, literal(2 * DAY)), else_=literal(DAY))
    works = weekday <= 5
    target = case(
        (and_(works, clock <= literal(opens)), day + literal(closes)),
        (and_(works, clock < literal(closes)), next_day + clock),
        else_=next_day + literal(closes),
    )
    return func.timezone(zone, target)


def _opening(moment: datetime) -> datetime:
    """The moment itself during office hours, else the next time that the office opens."""
    day = moment.date()
    if moment.timetz().replace(tzinfo=None) >= CLOSES:
        day += timedelta(days=1)
    while day.weekday() >= SATURDAY:
        day += timedelta(days=1)
    return max(moment, datetime.combine(day, OPENS, moment.tzinfo))


def _closing(moment: datetime) -> datetime:
    return datetime.combine(moment.date(), CLOSES, moment.tzinfo)
