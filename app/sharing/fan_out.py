"""A post is approved: everything that standing consents plan with it, queued in one statement.

Accounts are locked first, so that nobody disconnects or ends a consent in between. Then the consents that want this post are read, texts
are composed once for all that are alike, minutes are found for all at once, and the rows are written.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Row

from app import clock
from app.db import session
from app.editorial import posts
from app.editorial.models import Post
from app.errors import Invalid
from app.ids import uuid7
from app.networks.base import Limits
from app.sharing import announcing, caps, compositions, consents, fan_out_rows, hours, minutes, short_links, spreading, variants
from app.sharing.caps import Cap
from app.sharing.compositions import Composition
from app.sharing.networks import network, networks
from app.sharing.openings import DAY, Hours
from app.sharing.pacing import Minute, Wish
from app.sharing.spreading import Person

VETO, LEAST_VETO = timedelta(hours=24), timedelta(hours=2)
SOON = 5 * DAY


@dataclass(frozen=True)
class Wanted:
    """One consent that wants this post, and the texts that fit its account."""

    row: Row[Any]
    texts: Sequence[Composition]
    share_id: uuid.UUID
    delivery_id: uuid.UUID


@dataclass(frozen=True)
class Planned:
    """One delivery to be, with its minute and its text; the tracked link in it still has nobody's code."""

    wanted: Wanted
    minute: Minute
    text: Composition
    code: str


def plan(post: Post, *, now: datetime | None = None) -> int:
    """Queue and announce what the consents on the post's topic plan with it; returns how many deliveries that are."""
    present = now or clock.now()
    earliest = max(post.share_from, present + LEAST_VETO)
    allowed = [key for key in networks() if consents.allows(key)]
    if earliest >= post.share_until or not allowed:
        return 0
    session.flush()
    session.refresh(post, ["variants"])
    wanted = _fitting(post, fan_out_rows.wanting(post, allowed, now=present))
    limits = caps.current()
    planned = [one for key in allowed for one in _timed(post, key, limits[key], [one for one in wanted if one.row.network == key], present)]
    if planned:
        fan_out_rows.write(post, planned, now=present)
        announcing.announce(post, planned)
    return len(planned)


def _fitting(post: Post, rows: Sequence[Row[Any]]) -> list[Wanted]:
    """Those for whom the post has a text in their language that fits their account."""
    known: dict[tuple[object, ...], list[Composition]] = {}
    found = []
    for row in rows:
        key = (row.language, row.network, row.text_max, row.text_unit, row.url_cost)
        if key not in known:
            known[key] = _texts(post, row.language, row.network, _limits(row))
        if known[key]:
            found.append(Wanted(row, known[key], uuid7(), uuid7()))
    return found


def _limits(row: Row[Any]) -> Limits:
    """What decides whether a text fits, as we know it of the account's server."""
    usual = network(row.network).limits()
    if row.text_max is None:
        return usual
    return replace(usual, text_max=row.text_max, text_unit=row.text_unit, url_cost=row.url_cost)


def _texts(post: Post, language: str, key: str, limits: Limits) -> list[Composition]:
    found = []
    for variant in variants.candidates(post, language=language, network=key):
        try:
            found.append(compositions.template(post, variant, network=key, limits=limits))
        except Invalid:
            continue
    return found


def _timed(post: Post, key: str, cap: Cap, wanted: Sequence[Wanted], now: datetime) -> list[Planned]:
    """Minutes for everybody on one network, and wordings in turns, so that neighbours in time differ."""
    own = minutes.own_moments([one.row.user_id for one in wanted], key, since=now - timedelta(days=1)) if wanted else {}
    left, found = list(wanted), []
    for veto in (VETO, LEAST_VETO):
        start = max(post.share_from, now + min(veto, max(LEAST_VETO, (post.share_until - now) / 2)))
        wishes = _Wishes(start, post.share_until)
        people = [Person(wishes.of(one), one.delivery_id.bytes, _seconds(own.get(one.row.user_id))) for one in left]
        timed = list(zip(left, spreading.spread(people, cap, soon=SOON), strict=True))
        found += [(one, minute) for one, minute in timed if minute]
        left = [one for one, minute in timed if minute is None]
    return _in_turns(post, found)


def _seconds(moments: Sequence[datetime] | None) -> tuple[int, ...]:
    return tuple(int(one.timestamp()) for one in moments or ())


class _Wishes:
    """The wishes of people between two moments: made once for all that have the same hours."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start, self.end = start, end
        self.days_off: frozenset[date] = hours.days_off(start, end)
        self.known: dict[tuple[object, ...], Wish] = {}

    def of(self, one: Wanted) -> Wish:
        row = one.row
        key = (row.time_zone, tuple(row.days or ()), row.from_minute, row.until_minute, row.on_days_off)
        if key not in self.known:
            own = Hours(frozenset(row.days), row.from_minute, row.until_minute, row.on_days_off) if row.days else hours.HABIT
            self.known[key] = Wish(own, row.time_zone, self.days_off, self.start, self.end)
        return self.known[key]


def _in_turns(post: Post, timed: Sequence[tuple[Wanted, Minute]]) -> list[Planned]:
    turns: dict[str, int] = {}
    found = []
    for one, minute in sorted(timed, key=lambda pair: pair[1].moment):
        turn = turns[one.row.language] = turns.get(one.row.language, -1) + 1
        text = one.texts[turn % len(one.texts)]
        found.append(Planned(one, minute, text, _code(post, one, text)))
    return found


def _code(post: Post, one: Wanted, text: Composition) -> str:
    if not text.target:
        return ""
    return short_links.code_for(
        user_id=one.row.user_id, post_id=post.id, place=str(one.row.account_id), click=fan_out_rows.click(post, one)
    )


def register() -> None:
    """Let every approval plan, once."""
    if plan not in posts.WHEN_APPROVED:
        posts.WHEN_APPROVED.append(plan)


register()
