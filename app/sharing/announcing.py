"""Telling people what their standing consents have planned, before it leaves: one notice and one mail each, however many accounts."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from babel.dates import format_date

from app.editorial import content
from app.editorial.models import Post
from app.notices.crowds import Listener, tell_each
from app.notices.sentences import SENTENCES, Sentence
from app.notices.words import N_
from app.sharing.networks import name_of

if TYPE_CHECKING:
    from app.sharing.fan_out import Planned

SENTENCES["share_planned"] = Sentence(
    title=N_("Planned in your name: “%(title)s” on %(network)s, %(time)s. You can still say no."),
    subject=N_("Planned in your name: %(title)s"),
    body=N_(
        "As you agreed, “%(title)s” goes out from your account: on %(network)s, %(time)s.\n\nIf you do not want this one, stop it with one "
        "click; you need not give a reason. Otherwise there is nothing to do.\n\nLook at the text, or stop it:"
    ),
    icon="clock",
)


def announce(post: Post, planned: Sequence["Planned"]) -> None:
    """Everybody concerned learns what, where and when, in their own zone."""
    mine: dict[uuid.UUID, list[Planned]] = {}
    for one in planned:
        mine.setdefault(one.wanted.row.user_id, []).append(one)
    title = content.first_words(content.of(post.content))
    tell_each([_listener(each, title) for each in mine.values()], "share_planned", url="/standing#planned")


def _listener(each: Sequence["Planned"], title: str) -> Listener:
    row = each[0].wanted.row
    places = list(dict.fromkeys(name_of(one.wanted.row.network) for one in each))
    facts = {"title": title, "network": ", ".join(places), "time": "; ".join(_times(each, row.locale, row.time_zone))}
    return Listener(row.user_id, row.locale, row.email if row.reads_mail else "", facts)


def _times(each: Iterable["Planned"], locale: str, zone: str) -> list[str]:
    return list(dict.fromkeys(_time(one.minute.moment, locale, zone) for one in each))


def _time(moment: datetime, locale: str, zone: str) -> str:
    """Like "Tuesday, 24 November, 10:17"."""
    local = moment.astimezone(ZoneInfo(zone))
    return f"{_day(local.date(), locale)}, {local:%H:%M}"


@lru_cache(maxsize=256)
def _day(day: date, locale: str) -> str:
    return format_date(day, {"de": "EEEE, d. MMMM"}.get(locale, "EEEE, d MMMM"), locale=locale)
