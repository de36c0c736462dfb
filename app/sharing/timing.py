"""Why a share got its minute, in words for its owner. Colleagues are never named."""

from datetime import date, datetime, time, timedelta
from typing import Any

from flask_babel import format_date, format_datetime, format_time, lazy_ngettext, to_user_timezone

from app.db import Json
from app.errors import _
from app.sharing.models import Delivery
from app.sharing.openings import Hours

MONDAY = date(2024, 1, 1)
NEAR_ENOUGH = timedelta(days=1)


def why(delivery: Delivery) -> list[str]:
    """The reasons, one sentence each; none for a share whose minute its owner chose."""
    known = delivery.timing
    if not known or "days" not in known:
        return []
    if "moved_from" in known:
        return [_moved(known), _colleagues(known, delivery.due_at), *_distance(known)]
    chance = str(_("A few minutes by chance, never on a round minute."))
    return [_hours(known), _colleagues(known, delivery.due_at), *_distance(known), chance]


def moment(delivery: Delivery) -> str:
    """Like "Tuesday, 24 November, 10:17", in the reader's zone."""
    return str(_("%(day)s, %(time)s", day=format_date(delivery.due_at, "full"), time=format_time(delivery.due_at, "short")))


def latest(delivery: Delivery) -> str:
    """Until when it may still leave: a time of its day, or with the day when that is another."""
    due, last = to_user_timezone(delivery.due_at), to_user_timezone(delivery.latest_at)
    at = format_time(delivery.latest_at, "short")
    if due.date() == last.date():
        return str(_("%(time)s", time=at))
    return str(_("%(day)s, %(time)s", day=format_date(delivery.latest_at, "full"), time=at))


def said(hours: Hours) -> str:
    """Like "Mon-Fri, 08:30-17:30"."""
    first, last = clock(hours.from_minute), clock(hours.until_minute)
    return str(_("%(days)s, %(first)s to %(last)s", days=days(hours.days), first=first, last=last))


def days(chosen: Any) -> str:
    """Weekdays in the reader's language, neighbours drawn together: "Mon-Fri", "Mon, Wed"."""
    runs: list[list[int]] = []
    for day in sorted(chosen):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(day_name(run[0]) if len(run) == 1 else f"{day_name(run[0])}–{day_name(run[-1])}" for run in runs)


def day_name(day: int, form: str = "EEE") -> str:
    """An ISO weekday in the reader's language."""
    return str(format_date(MONDAY + timedelta(days=day - 1), form))


def clock(minute: int) -> str:
    """A minute of the day as 08:30; the end of the day is 24:00."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _hours(known: Json) -> str:
    hours = Hours(frozenset(known["days"]), known["from_minute"], known["until_minute"])
    if known["own"]:
        return str(_("Your hours: %(hours)s.", hours=said(hours)))
    return str(_("Our usual hours, because you have chosen none of your own: %(hours)s.", hours=said(hours)))


def _moved(known: Json) -> str:
    """It may lie outside of the person's hours: they left it to us for another minute."""
    first = format_datetime(datetime.fromisoformat(known["moved_from"]), "EEEE, HH:mm")
    return str(_("It was planned for %(time)s and had to wait. It leaves as soon as there is room.", time=first))


def _colleagues(known: Json, due_at: datetime) -> str:
    near = datetime.fromisoformat(known["near"]) if known["near"] else None
    if near is None or abs(near - due_at) > NEAR_ENOUGH:
        return str(_("No colleague shares the same post there within a day of it."))
    return str(_("A colleague shares the same post there: %(time)s.", time=format_datetime(near, "EEEE, HH:mm")))


def _distance(known: Json) -> list[str]:
    wished, kept = known["apart"], known["distance"]
    if not wished:
        return []
    if kept < wished:
        words = _(
            "So many share it that colleagues are at least %(kept)s apart instead of %(wished)s.", kept=_long(kept), wished=_long(wished)
        )
        return [str(words)]
    return [str(_("Colleagues with the same post are at least %(wished)s apart.", wished=_long(wished)))]


def _long(seconds: int) -> str:
    if seconds < 120:
        return str(lazy_ngettext("%(num)s second", "%(num)s seconds", seconds))
    return str(lazy_ngettext("%(num)s minute", "%(num)s minutes", seconds // 60))


def typed(value: str) -> int | None:
    """The minute of the day in "08:30", none when it is no time; midnight at the end of a day may be written 24:00."""
    if value.strip() == "24:00":
        return 1440
    try:
        found = time.fromisoformat(value.strip())
    except ValueError:
        return None
    return found.hour * 60 + found.minute
