"""Who shares the same post on the same network, and when: what waited keeps its distance from them when it goes on.

The rule is the one of its first minute: no nearer to a colleague than the network's cap says. Where so many share a post that even their
first minutes were nearer together, that smaller distance counts, and may be halved again.
"""

import uuid
from bisect import bisect_left, bisect_right, insort
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import NamedTuple

from sqlalchemy import text

from app.db import Json, session
from app.sharing import minutes
from app.sharing.caps import Cap
from app.sharing.openings import MINUTE

Place = tuple[uuid.UUID, str]
# Seconds: nothing comes nearer together than this while a crowd is put closer.
NEAREST = 2.0
# Places a transaction, each with a lock of its own until its end.
MOST = 200
_A_HAIR = 0.001
# What was sent has left within a day of its minute; what is looked for was sent before its look, which comes within the hour at first.
_BEFORE, _AFTER = timedelta(days=1), timedelta(hours=1)
_TAKEN = text("""
    WITH places AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:posts AS uuid[]), CAST(:networks AS text[])) AS places (post_id, network)
    )
    SELECT found.post_id, found.network, found.user_id, found.moment FROM (
        SELECT d.post_id, d.network, d.user_id,
            CASE d.state WHEN 'queued' THEN greatest(d.due_at, :now) WHEN 'held' THEN d.due_at ELSE d.sent_at END AS moment
        FROM places JOIN deliveries d USING (post_id, network)
        WHERE d.due_at BETWEEN :first AND :last
            AND (d.state IN ('queued', 'sending', 'published', 'unconfirmed') OR (d.state = 'held' AND d.due_at > :now))
        UNION ALL
        SELECT p.post_id, a.network, p.user_id, p.due_at FROM places
            JOIN plans p USING (post_id)
            JOIN standing_consents c ON c.id = p.consent_id
            JOIN connected_accounts a ON a.id = c.account_id AND a.network = places.network
        WHERE p.due_at BETWEEN :first AND :last
    ) AS found
    WHERE found.moment > :since
""")


class Found(NamedTuple):
    """A moment, in seconds since 1970, the distance that is kept there, and when the nearest colleague shares the same."""

    moment: float
    distance: float
    near: float | None


class Neighbours:
    """The moments of one post on one network, in seconds since 1970, each with its owner."""

    def __init__(self, taken: Iterable[tuple[float, uuid.UUID]] = ()) -> None:
        self._taken = sorted(taken)
        self._reached: dict[float, float] = {}

    def add(self, moment: float, owner: uuid.UUID) -> None:
        """One more is there."""
        insort(self._taken, (moment, owner))

    def find(self, owner: uuid.UUID, *, start: float, end: float, distances: Sequence[float], sway: float) -> Found | None:
        """The first moment that keeps the first of the distances for which there is room, and takes it; None when there is none.

        Whoever comes later starts later or nearer: what was too narrow once is not looked at again. `sway` is from 0 to 1.
        """
        for distance in distances:
            moment = self._first(start, end, distance, sway)
            if moment <= end:
                near = self._nearest(moment, owner)
                self.add(moment, owner)
                return Found(moment, distance, near)
        return None

    def _first(self, start: float, end: float, distance: float, sway: float) -> float:
        moment = max(start, self._reached.get(distance, start))
        while moment <= end:
            place = bisect_right(self._taken, moment - distance, key=itemgetter(0))
            if place == len(self._taken) or self._taken[place][0] >= moment + distance:
                break
            moment = self._taken[place][0] + distance * (1 + sway / 5) + _A_HAIR
        self._reached[distance] = moment
        return moment

    def _nearest(self, moment: float, owner: uuid.UUID) -> float | None:
        """The nearest moment of somebody else."""
        place = bisect_left(self._taken, moment, key=itemgetter(0))
        sides = range(place - 1, -1, -1), range(place, len(self._taken))
        found = [next((at for at, who in (self._taken[one] for one in side) if who != owner), None) for side in sides]
        return min((at for at in found if at is not None), key=lambda at: abs(at - moment), default=None)


def distances(timing: Json | None, cap: Cap) -> list[float]:
    """The distances in seconds that a share may keep, the widest first: the cap's alone, or a crowd's, down to the nearest."""
    wished = float(cap.apart_minutes * MINUTE)
    before, kept = (timing or {}).get("apart", wished), (timing or {}).get("distance", wished)
    if kept >= before:
        return [wished]
    found = [min(float(kept), wished)]
    while found[-1] / 2 >= NEAREST:
        found.append(found[-1] / 2)
    return found


def around(wanted: Collection[Place], *, now: datetime, until: datetime, apart: timedelta) -> dict[Place, Neighbours]:
    """Who is there at these places from `apart` before now, as far as nobody else chooses a minute there at this moment.

    The others wait for the next turn; until the end of the transaction nobody chooses a minute at those that are returned.
    """
    places = minutes.my_turns(list(dict.fromkeys(wanted))[:MOST])
    posts, networks = [str(post) for post, _network in places], [network for _post, network in places]
    spans = {"now": now, "since": now - apart, "first": now - apart - _BEFORE, "last": until + apart + _AFTER}
    taken: dict[Place, list[tuple[float, uuid.UUID]]] = {place: [] for place in places}
    for post, network, owner, moment in session.execute(_TAKEN, {"posts": posts, "networks": networks, **spans}) if places else ():
        taken[post, network].append((moment.timestamp(), owner))
    return {place: Neighbours(found) for place, found in taken.items()}
