"""A post is approved: everything that standing consents plan with it, written down in one statement.

The consents that want this post are read, texts are composed once for all that are alike, minutes are found for all at once, and a plan
is written for each. Workers make shares of the plans and tell their owners (`planned_shares`); nothing is queued before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple

from app import clock, nudges
from app.db import on_commit, session
from app.editorial import posts
from app.editorial.models import Post
from app.errors import Invalid
from app.networks.base import Limits
from app.sharing import caps, compositions, consents, hours, minutes, plans, spreading, variants
from app.sharing.caps import Cap
from app.sharing.compositions import Composition
from app.sharing.networks import network, networks
from app.sharing.openings import DAY, Hours
from app.sharing.pacing import Minute, Wish
from app.sharing.plans import Planned, Wanting
from app.sharing.spreading import Person

VETO, LEAST_VETO = timedelta(hours=24), timedelta(hours=2)
# So long workers may take until they have told everybody, and the time to say no is still whole.
TELLING = timedelta(minutes=10)
SOON = 5 * DAY


class Wanted(NamedTuple):
    """One consent that wants this post, and the texts that fit its account."""

    row: Wanting
    texts: Sequence[Composition]


def plan(post: Post, *, now: datetime | None = None) -> int:
    """Write down what the consents on the post's topic plan with it; returns how many plans that are. Again, it plans what is missing.

    At its approval nobody else can see the post yet, and so choose a minute for it. Whoever plans again holds the turns (`minutes`).
    """
    present = now or clock.now()
    networks_ = allowed(post)
    if max(post.share_from, present + LEAST_VETO + TELLING) >= post.share_until or not networks_:
        return 0
    session.flush()
    session.refresh(post, ["variants"])
    wanted, limits_ = _fitting(post, plans.wanting(post, networks_, now=present)), caps.current()
    planned: list[Planned] = []
    for key in {one.row.network for one in wanted}:
        planned += _timed(post, key, limits_[key], [one for one in wanted if one.row.network == key], present)
    if planned:
        plans.write(post, planned)
        on_commit(partial(nudges.nudge, plans.JOB))
    return len(planned)


def allowed(post: Post) -> list[str]:
    """The networks on which consents may share this post now; none when it was withdrawn."""
    return [key for key in networks() if consents.allows(key)] if post.state == "live" else []


def _fitting(post: Post, rows: Sequence[Wanting]) -> list[Wanted]:
    """Those for whom the post has a text in their language that fits their account."""
    known: dict[tuple[object, ...], list[Composition]] = {}
    found = []
    for row in rows:
        key = (row.language, row.network, row.text_max, row.text_unit, row.url_cost)
        texts = known.get(key)
        if texts is None:
            texts = known[key] = _texts(post, row.language, row.network, limits(row))
        if texts:
            found.append(Wanted(row, texts))
    return found


def limits(row: Any) -> Limits:
    """What decides whether a text fits, as we know it of the account's server."""
    usual = network(row.network).limits()
    if row.text_max is None:
        return usual
    return replace(usual, text_max=row.text_max, text_unit=row.text_unit, url_cost=row.url_cost)


def _texts(post: Post, language: str, key: str, takes: Limits) -> list[Composition]:
    found = []
    for variant in variants.candidates(post, language=language, network=key):
        try:
            found.append(compositions.template(post, variant, network=key, limits=takes))
        except Invalid:
            continue
    return found


def _timed(post: Post, key: str, cap: Cap, wanted: Sequence[Wanted], now: datetime) -> list[Planned]:
    """Minutes for everybody on one network: with a day to say no where the post's time allows it, never with less than two hours."""
    own = minutes.own_moments([one.row.user_id for one in wanted], key, since=now - timedelta(days=1))
    there = sorted(one.timestamp() for one in minutes.colleagues(post.id, key, since=now - minutes.ASIDE))
    left, found = list(wanted), []
    for veto in (VETO, LEAST_VETO):
        if left:
            start = max(post.share_from, now + TELLING + min(veto, max(LEAST_VETO, (post.share_until - now) / 2)))
            wishes = _Wishes(start, post.share_until)
            timed = spreading.spread([_person(post, one, wishes, own) for one in left], cap, soon=SOON, there=there)
            found += [(one, minute) for one, minute in zip(left, timed, strict=True) if minute]
            left = [one for one, minute in zip(left, timed, strict=True) if minute is None]
    return _in_turns(found)


def _person(post: Post, one: Wanted, wishes: "_Wishes", own: Mapping[str, Sequence[datetime]]) -> Person:
    seconds = tuple(int(moment.timestamp()) for moment in own.get(one.row.user_id, ()))
    return Person(wishes.of(one.row), f"{post.id}{one.row.consent_id}".encode(), seconds)


class _Wishes:
    """The wishes of people between two moments: made once for all that have the same hours."""

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start, self.end = start, end
        self.days_off: frozenset[date] = hours.days_off(start, end)
        self.known: dict[Any, Wish] = {}

    def of(self, row: Wanting) -> Wish:
        key = (row.time_zone, row.hours)
        wish = self.known.get(key)
        if wish is None:
            own = Hours(frozenset(row.hours[0]), *row.hours[1:]) if row.hours else hours.HABIT
            wish = self.known[key] = Wish(own, row.time_zone, self.days_off, self.start, self.end)
        return wish


def _in_turns(timed: Sequence[tuple[Wanted, Minute]]) -> list[Planned]:
    """With the wordings one after the other, so that neighbours in time differ."""
    turns: dict[str, int] = {}
    found = []
    for (row, texts), minute in sorted(timed, key=lambda pair: pair[1].moment):
        turn = turns[row.language] = turns.get(row.language, -1) + 1
        found.append(Planned(row, minute, texts[turn % len(texts)].variant.id))
    return found


def register() -> None:
    """Let every approval plan, once."""
    if plan not in posts.WHEN_APPROVED:
        posts.WHEN_APPROVED.append(plan)


register()
