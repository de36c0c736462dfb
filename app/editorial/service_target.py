"""When an answer can be expected: one working day, nine to five, Monday to Friday, where the company is (COMPANY_TIME_ZONE)."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import config

OPENS, CLOSES = time(9), time(17)
WORKING_DAY = timedelta(hours=8)
SATURDAY = 5


def service_target(submitted_at: datetime) -> datetime:
    """The moment, aware and UTC, at which one working day has passed since `submitted_at`."""
    start, left = _opening(submitted_at.astimezone(ZoneInfo(config.settings().time_zone))), WORKING_DAY
    while (today := _closing(start) - start) < left:
        left -= today
        start = _opening(_closing(start))
    return (start + left).astimezone(submitted_at.tzinfo)


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
