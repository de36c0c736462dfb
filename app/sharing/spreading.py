"""Minutes for many people at once: one post on one network, everybody in their own hours, nobody beside a colleague. Pure, like `pacing`.

The open time of all of them is divided into as many places as it holds at the wished distance, or, when that is too few, into more. Each
group of people with the same hours takes places evenly from those that lie within its hours; who gets which is decided by lot.
"""

import hashlib
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import NamedTuple

from app.sharing import pacing
from app.sharing.caps import Cap
from app.sharing.openings import MINUTE, Span, calm, length, near, union
from app.sharing.pacing import Minute, Wish

SWAY = 0.2
TIGHTER = 0.8
MOST_TURNS = 40
FEW = 8
LEFT_OVER = 2000


class Person(NamedTuple):
    """Somebody who wants a minute, with their own other moments on this network, in seconds."""

    wish: Wish
    seed: bytes
    own: tuple[int, ...] = ()


Places = dict[int, float]


def spread(people: Sequence[Person], cap: Cap, *, soon: int, there: Sequence[float] = ()) -> list[Minute | None]:
    """A minute for each of them, in their order, within `soon` seconds of their first opening where that is possible.

    They keep their distance from each other and from what is `there` already, in seconds and sorted.
    """
    groups = _groups(people, soon)
    places, distance = _divided(groups, people, cap, there)
    taken = sorted([*places.values(), *there])
    found: list[Minute | None] = [None] * len(people)
    for group in groups:
        why = pacing.why(group.wish, cap, distance=distance)
        for number in group.members:
            if number in places:
                found[number] = Minute(pacing.at(places[number]), why, _beside(bisect_left(taken, places[number]), taken))
    for number, person in enumerate(people):
        found[number] = found[number] or _alone(person, taken, cap, int(min(distance, cap.apart_minutes * MINUTE)), soon)
    return found


@dataclass(frozen=True)
class Group:
    """The people of one wish, by their number, its open hours, and what of them is calm."""

    wish: Wish
    members: list[int]
    hours: list[Span]
    spans: list[Span]


def _groups(people: Sequence[Person], soon: int) -> list[Group]:
    """The groups with any hours at all, the one with the least time for each of its people first."""
    members: dict[Wish, list[int]] = {}
    for number, person in enumerate(people):
        members.setdefault(person.wish, []).append(number)
    opened = [(wish, numbers, near(wish.openings(), soon)) for wish, numbers in members.items()]
    found = [Group(wish, numbers, hours, calm(hours)) for wish, numbers, hours in opened]
    return sorted((one for one in found if one.spans), key=lambda one: (length(one.spans) / len(one.members), one.members))


def _divided(groups: Sequence[Group], people: Sequence[Person], cap: Cap, there: Sequence[float]) -> tuple[Places, float]:
    """Who gets which moment, and how far apart they are at least; a few may be left without."""
    open_time = union(span for group in groups for span in group.spans)
    many = sum(len(group.members) for group in groups)
    width = min(max(1, cap.apart_minutes * MINUTE) / (1 - SWAY), length(open_time) / max(1, many))
    places: Places = {}
    for _turn in range(MOST_TURNS if many else 0):
        moments = list(_moments(open_time, width, _seed(people)))
        moments = [one for one in moments if not _is_near(one, there, width * (1 - SWAY))] if there else moments
        places = _taken(groups, people, moments, cap)
        if many - len(places) <= max(FEW, many // LEFT_OVER):
            break
        width *= TIGHTER
    return places, width * (1 - SWAY)


def _is_near(moment: float, there: Sequence[float], distance: float) -> bool:
    """Whether one of those that are there is nearer than the distance."""
    place = bisect_left(there, moment)
    return any(abs(one - moment) < distance for one in there[max(0, place - 1) : place + 1])


def _seed(people: Sequence[Person]) -> bytes:
    return hashlib.sha256(b"".join(person.seed for person in people)).digest()


def _moments(open_time: Sequence[Span], width: float, seed: bytes) -> Iterator[float]:
    """Moments of the open time, each a little after its turn: never nearer together than `1 - SWAY` of the width."""
    lot = Random(seed)  # noqa: S311 - jitter, not a secret
    passed, turn = 0.0, 0
    at = lot.random() * SWAY * width
    for a, b in open_time:
        while at < passed + b - a:
            yield a + at - passed
            turn += 1
            at = (turn + lot.random() * SWAY) * width
        passed += b - a


def _taken(groups: Sequence[Group], people: Sequence[Person], moments: Sequence[float], cap: Cap) -> Places:
    """Deal the moments out, group by group. They are calm already, whoever's hours they lie in."""
    used, places = bytearray(len(moments)), {}
    for group in groups:
        free = [place for place in _within(group.hours, moments) if not used[place]]
        for number, place in _dealt(group, people, free, moments, cap):
            used[place] = 1
            places[number] = moments[place]
    return places


def _within(spans: Iterable[Span], moments: Sequence[float]) -> Iterator[int]:
    for a, b in spans:
        yield from range(bisect_left(moments, a), bisect_left(moments, b))


def _dealt(group: Group, people: Sequence[Person], free: Sequence[int], moments: Sequence[float], cap: Cap) -> Iterator[tuple[int, int]]:
    """Free places, evenly over all of them, to the people of the group in an order by lot; each place once.

    Who has published or planned something else there around a place gets another one.
    """
    lot = Random(_seed([people[number] for number in group.members]))  # noqa: S311
    queue, many, start = group.members.copy(), len(group.members), lot.random()
    lot.shuffle(queue)
    chosen = [free[int((turn + start) * len(free) / many)] for turn in range(many)] if len(free) >= many else list(free)
    spare: list[int] | None = None
    for number in queue:
        full = pacing.crowded(people[number].own, cap) if people[number].own else ()
        if full and spare is None:
            taken = set(chosen)
            spare = [place for place in free if place not in taken]
        place = _fitting(chosen, moments, full)
        place = _fitting(spare, moments, full) if place is None and spare else place
        if place is not None:
            yield number, place


def _fitting(places: list[int], moments: Sequence[float], full: Sequence[Span]) -> int | None:
    """The last of the places that lies in none of the spans; it is taken out."""
    for turn in range(len(places) - 1, -1, -1):
        if not any(low <= moments[places[turn]] < high for low, high in full):
            return places.pop(turn)
    return None


def _beside(place: int, taken: Sequence[float]) -> datetime | None:
    """The neighbour in time of one of the taken moments."""
    around = [*taken[max(0, place - 1) : place], *taken[place + 1 : place + 2]]
    nearest = min(around, key=lambda one: abs(one - taken[place]), default=None)
    return None if nearest is None else pacing.at(nearest)


def _alone(person: Person, taken: list[float], cap: Cap, distance: int, soon: int) -> Minute | None:
    """For whom no place was left: a minute of their own, in what room there is."""
    free = pacing.room(person.wish, person.own, cap, soon=soon)
    if not free:
        return None
    found = pacing.among(free, person.wish, taken, cap, person.seed, distance=distance)
    insort(taken, found.moment.timestamp())
    return found
