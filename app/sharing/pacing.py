"""At which minute a share leaves that its owner leaves to us. Pure: the same wish, neighbours and seed always give the same minute.

It lies in the person's own hours, never on a round minute, within what one person may publish, and apart from colleagues who share the same
post on the same network. Where there is no room for that much distance, the distance shrinks, and the reasons say so.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from app.db import Json
from app.sharing.caps import Cap
from app.sharing.openings import DAY, HOUR, MINUTE, Hours, Span, calm, length, near, openings, without

SOON = 3 * DAY
HORIZONS = (SOON, 7 * DAY, 14 * DAY, 400 * DAY)


@dataclass(frozen=True)
class Wish:
    """When a person wants it: their hours in their zone, between two moments, without the company's days off."""

    hours: Hours
    zone: str
    days_off: frozenset[date]
    start: datetime
    end: datetime

    def openings(self) -> list[Span]:
        """The spans in which it may leave."""
        return openings(self.hours, self.zone, self.days_off, self.start, self.end)


@dataclass(frozen=True)
class Minute:
    """The moment, and why it is this one (`app.sharing.timing` makes sentences of it)."""

    moment: datetime
    timing: Json


def choose(wish: Wish, *, taken: Sequence[datetime], own: Sequence[datetime], cap: Cap, seed: bytes, soon: int = SOON) -> Minute | None:
    """The minute of one share; None when the hours hold no room for it.

    `taken` are the colleagues' moments with this post on this network, `own` the person's other moments on this network.
    """
    full = crowded([_seconds(one) for one in own], cap)
    opened = wish.openings()
    for horizon in (soon, *(one for one in HORIZONS if one > soon)):
        free = without(calm(near(opened, horizon)), full)
        if free:
            return _among(free, wish, sorted(_seconds(one) for one in taken), cap, seed)
    return None


def _among(free: Sequence[Span], wish: Wish, taken: Sequence[int], cap: Cap, seed: bytes) -> Minute:
    """A second of the free ones by lot, as far from the colleagues as the cap says; half as far, and so on, where that is not possible."""
    distance = cap.apart_minutes * MINUTE
    room = apart(free, taken, distance)
    while not room:
        distance //= 2
        room = apart(free, taken, distance)
    moment = pick(room, seed)
    return Minute(at(moment), timing(wish, cap, distance=distance, near=nearest(taken, moment)))


def apart(free: Sequence[Span], taken: Iterable[int], distance: int) -> list[Span]:
    """What is left when nobody comes nearer to a taken moment than this."""
    return without(free, [(one - distance + 1, one + distance) for one in taken]) if distance else list(free)


def pick(spans: Sequence[Span], seed: bytes) -> int:
    """One second of the spans, each as likely as the others."""
    left = int.from_bytes(hashlib.sha256(seed).digest()) % length(spans)
    for a, b in spans:
        if left < b - a:
            return a + left
        left -= b - a
    raise ValueError("no span holds a second")


def crowded(own: Sequence[int], cap: Cap) -> list[Span]:
    """Where one more would be too many for one person, within any hour or any 24 hours."""
    moments = sorted(own)
    found = []
    for most, span in ((cap.per_hour, HOUR), (cap.per_day, DAY)):
        for first, last in zip(moments, moments[most - 1 :], strict=False):
            if last - first < span:
                found.append((last - span + 1, first + span))
    return found


def nearest(taken: Sequence[int], moment: int) -> int | None:
    """The taken moment that lies nearest; `taken` is sorted."""
    place = bisect_left(taken, moment)
    around = taken[max(0, place - 1) : place + 1]
    return min(around, key=lambda one: abs(one - moment)) if around else None


def timing(wish: Wish, cap: Cap, *, distance: float, near: float | None) -> Json:
    """The reasons as they are stored with the delivery: minutes and seconds, no names."""
    hours = wish.hours
    return {
        "zone": wish.zone,
        "days": sorted(hours.days),
        "from": hours.from_minute,
        "until": hours.until_minute,
        "own": hours.own,
        "apart": cap.apart_minutes * MINUTE,
        "distance": int(distance),
        "near": None if near is None else at(near).isoformat(),
    }


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def at(seconds: float) -> datetime:
    """The moment of these seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
