"""At which minute a share leaves that its owner leaves to us. Pure: the same wish, neighbours and seed always give the same minute.

It lies in the person's own hours, never on a round minute, within what one person may publish, and apart from colleagues who share the same
post on the same network. Where there is no room for that much distance, the distance shrinks, and the reasons say so.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import NamedTuple

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

    def openings(self) -> Iterator[Span]:
        """The spans in which it may leave, in time."""
        return openings(self.hours, self.zone, self.days_off, self.start, self.end)


@dataclass(frozen=True)
class Why:
    """The reasons that many minutes have in common; `apart` and `distance` in seconds: what was wished, and what is kept."""

    zone: str
    days: tuple[int, ...]
    from_minute: int
    until_minute: int
    own: bool
    apart: int
    distance: int


class Minute(NamedTuple):
    """The moment, why it is this one, and when the nearest colleague shares the same (`app.sharing.timing` makes sentences of it)."""

    moment: datetime
    why: Why
    near: datetime | None

    @property
    def timing(self) -> Json:
        """The reasons as they are stored with the delivery; no names."""
        return asdict(self.why) | {"near": self.near.isoformat() if self.near else None}


def choose(wish: Wish, *, taken: Sequence[datetime], own: Sequence[datetime], cap: Cap, seed: bytes, soon: int = SOON) -> Minute | None:
    """The minute of one share; None when the hours hold no room for it.

    `taken` are the colleagues' moments with this post on this network, `own` the person's other moments on this network.
    """
    free = room(wish, [_seconds(one) for one in own], cap, soon=soon)
    if not free:
        return None
    return among(free, wish, sorted(_seconds(one) for one in taken), cap, seed, distance=cap.apart_minutes * MINUTE)


def room(wish: Wish, own: Sequence[int], cap: Cap, *, soon: int) -> list[Span]:
    """Where it may leave, soon if that is possible: in the hours, off the round minutes, and within what one person may publish."""
    full = crowded(own, cap)
    for horizon in (soon, *(one for one in HORIZONS if one > soon)):
        free = without(calm(near(wish.openings(), horizon)), full)
        if free:
            return free
    return []


def among(free: Sequence[Span], wish: Wish, taken: Sequence[float], cap: Cap, seed: bytes, *, distance: int) -> Minute:
    """A second of the free ones by lot, as far from the colleagues as wished; half as far, and so on, where that is not possible."""
    left = apart(free, taken, distance)
    while not left:
        distance //= 2
        left = apart(free, taken, distance)
    moment = pick(left, seed)
    beside = nearest(taken, moment)
    return Minute(at(moment), why(wish, cap, distance=distance), None if beside is None else at(beside))


def apart(free: Sequence[Span], taken: Iterable[float], distance: int) -> list[Span]:
    """What is left when nobody comes nearer to a taken moment than this."""
    return without(free, [(int(one) - distance + 1, int(one) + distance + 1) for one in taken]) if distance else list(free)


def pick(spans: Sequence[Span], seed: bytes) -> int:
    """One second of the spans, each as likely as the others."""
    left = int.from_bytes(hashlib.sha256(seed).digest()) % length(spans)
    for a, b in spans:
        if left < b - a:
            return a + left
        left -= b - a
    raise ValueError("no span holds a second")


def crowded(own: Sequence[int], cap: Cap) -> list[Span]:
    """Where one more would be too many for one person, within any hour or any 24 hours; a second wider, as moments lost their fractions."""
    moments = sorted(own)
    found = []
    for most, span in ((cap.per_hour, HOUR), (cap.per_day, DAY)):
        for first, last in zip(moments, moments[most - 1 :], strict=False):
            if last - first < span:
                found.append((last - span, first + span + 1))
    return found


def nearest(taken: Sequence[float], moment: int) -> float | None:
    """The taken moment that lies nearest; `taken` is sorted."""
    place = bisect_left(taken, moment)
    around = taken[max(0, place - 1) : place + 1]
    return min(around, key=lambda one: abs(one - moment)) if around else None


def why(wish: Wish, cap: Cap, *, distance: float) -> Why:
    """The reasons of everybody with this wish."""
    hours, apart = wish.hours, cap.apart_minutes * MINUTE
    kept = int(min(distance, apart))
    return Why(wish.zone, tuple(sorted(hours.days)), hours.from_minute, hours.until_minute, hours.own, apart, kept)


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())


def at(seconds: float) -> datetime:
    """The moment of these seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
