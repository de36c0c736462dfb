"""What waited gets a moment again. What somebody waits for leaves within seconds, each a little after the one before it at its network.

What was left to us keeps its distance from colleagues with the same post. Where that is too late for it, it is left out, and its owner
is asked.
"""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import TIMESTAMP, ColumnElement, Text, Uuid, and_, cast, column, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from app.db import Json, session
from app.sharing import caps, holding, neighbours, pacing, stops
from app.sharing.caps import Cap
from app.sharing.models import Delivery, DeliveryState, Priority
from app.sharing.neighbours import Neighbours, Place

# Seconds: all that waits is spread over an hour, as far as each then leaves at least two and at most thirty after the one before it.
SPREAD_OVER, APART_LEAST, APART_MOST = 3600.0, 2.0, 30.0
# What a row's page says of its new moment, by what had held it; and of one that keeps its distance.
AFTER = {holding.STOPPED: "after_stop", holding.TURN: "after_turn"}
KEPT_APART = "kept_apart"

_ASKED = (
    Delivery.id,
    Delivery.user_id,
    Delivery.post_id,
    Delivery.network,
    Delivery.priority,
    Delivery.due_at,
    Delivery.latest_at,
    Delivery.problem,
    Delivery.timing,
)


def free() -> ColumnElement[bool]:
    """Held by a stop, or until its turn; and no stop reaches it any more."""
    return and_(Delivery.state == DeliveryState.HELD.value, Delivery.problem.in_(holding.GOES_ON), ~stops.reached())


def apart(count: int) -> float:
    """How many seconds lie between two shares on one network when so many of them have waited."""
    return min(APART_MOST, max(APART_LEAST, SPREAD_OVER / max(count, 1)))


def jitter(delivery_id: uuid.UUID) -> float:
    """A number from 0 to 1 that is always the same for this delivery."""
    return (delivery_id.int & 0xFFFF) / 0x10000


@dataclass
class Lane:
    """What goes on at one network: seconds between two shares, and when the last one leaves that has its minute."""

    apart: float
    last: datetime

    def turn(self, delivery_id: uuid.UUID) -> datetime:
        """When the next one can leave; it does not take that minute yet."""
        return self.last + timedelta(seconds=self.apart * (1 + jitter(delivery_id) / 4))

    def next(self, delivery_id: uuid.UUID, latest_at: datetime, now: datetime) -> datetime:
        """The next minute of this lane; but in time, when there are more than fit."""
        self.last = self.turn(delivery_id)
        return self.last if self.last < latest_at else now + (latest_at - now) * jitter(delivery_id)


class Moved(NamedTuple):
    """One delivery's next moment, what its page says of it, and, where they are other ones now, the reasons of its minute."""

    id: uuid.UUID
    due_at: datetime
    problem: str | None
    timing: Json | None = None


def release(limit: int, now: datetime) -> tuple[int, list[uuid.UUID]]:
    """Give up to `limit` rows their moments: what somebody waits for first, then by the old minutes. What is planned ahead stays.

    Returns how many, and those for which there is no room in their time.
    """
    found = select(Delivery).with_only_columns(*_ASKED).where(free(), Delivery.latest_at >= now)
    ordered = found.order_by(Delivery.priority, Delivery.due_at, Delivery.id).limit(limit)
    rows = session.execute(ordered.with_for_update(of=Delivery, skip_locked=True)).all()
    if not rows:
        return 0, []
    moved, without = _Moments(rows, now).all()
    return _store(moved), without


class _Moments:
    """The moments of one batch of rows."""

    def __init__(self, rows: Sequence[Any], now: datetime) -> None:
        self.rows, self.now = rows, now
        self.lanes, self.caps = _lanes(now), caps.current()
        spread = [row for row in rows if _is_spread(row, now)]
        widest = max((self._cap(row.network).apart_minutes for row in spread), default=0)
        until = max((row.latest_at for row in spread), default=now)
        places = [(row.post_id, row.network) for row in spread]
        self.around = neighbours.around(places, now=now, until=until, apart=timedelta(minutes=widest))

    def all(self) -> tuple[list[Moved], list[uuid.UUID]]:
        """Those with a moment, and those without room for one. What has to wait for its place is in neither."""
        moved: list[Moved] = []
        without: list[uuid.UUID] = []
        for row in self.rows:
            place: Place = (row.post_id, row.network)
            if _is_spread(row, self.now) and place not in self.around:
                continue
            found = self._one(row, self.around.get(place))
            if found is None:
                without.append(row.id)
            else:
                moved.append(found)
        return moved, without

    def _one(self, row: Any, around: Neighbours | None) -> Moved | None:
        if row.due_at > self.now:
            return Moved(row.id, row.due_at, None)
        if _is_spread(row, self.now) and around is not None:
            return self._apart(row, around)
        due_at = self.lanes[row.network].next(row.id, row.latest_at, self.now)
        if around is not None:
            around.add(due_at.timestamp(), row.user_id)
        return Moved(row.id, due_at, AFTER[row.problem])

    def _apart(self, row: Any, around: Neighbours) -> Moved | None:
        """The first moment from its turn at the network on that keeps the distance."""
        lane, cap = self.lanes[row.network], self._cap(row.network)
        turn = lane.turn(row.id)
        start = turn if turn < row.latest_at else self.now
        widths = neighbours.distances(row.timing, cap)
        found = around.find(row.user_id, start=start.timestamp(), end=row.latest_at.timestamp(), distances=widths, sway=jitter(row.id))
        if found is None:
            return None
        at_once = found.moment == turn.timestamp()
        if at_once:
            lane.last = turn
        due_at = turn if at_once else pacing.at(found.moment)
        return Moved(row.id, due_at, AFTER[row.problem] if at_once else KEPT_APART, _timing(row, cap, found))

    def _cap(self, network: str) -> Cap:
        return self.caps.get(network, caps.default(network))


def _is_spread(row: Any, now: datetime) -> bool:
    """Left to us, and to be moved."""
    return bool(row.priority == Priority.SPREAD and row.due_at <= now)


def _timing(row: Any, cap: Cap, found: neighbours.Found) -> Json | None:
    """The reasons of the new minute, in place of the old one's."""
    if not row.timing:
        return None
    near = pacing.at(found.near).isoformat() if found.near is not None else None
    first = row.timing.get("moved_from", row.due_at.isoformat())
    wished = cap.apart_minutes * 60
    return {**row.timing, "near": near, "apart": wished, "distance": int(found.distance), "moved_from": first}


def _store(moved: Sequence[Moved]) -> int:
    """Back into the queue, all of them in one statement."""
    names = column("id", Uuid()), column("due_at", TIMESTAMP(timezone=True)), column("problem", Text()), column("why", Text())
    timings = [json.dumps(one.timing) if one.timing else None for one in moved]
    planned = (
        func.unnest(
            literal([one.id for one in moved], ARRAY(Uuid())),
            literal([one.due_at for one in moved], ARRAY(TIMESTAMP(timezone=True))),
            literal([one.problem for one in moved], ARRAY(Text())),
            literal(timings, ARRAY(Text())),
        )
        .table_valued(*names)
        .render_derived(name="planned")
    )
    timing = func.coalesce(cast(planned.c.why, JSONB), Delivery.timing).label("timing")
    wanted = select(Delivery.id, Delivery.state, planned.c.due_at, planned.c.problem, timing).join(planned, planned.c.id == Delivery.id)
    return holding.move_all(wanted, DeliveryState.QUEUED, problem=None) if moved else 0


def _lanes(now: datetime) -> dict[str, Lane]:
    """Per network: how many have to be spread, those of earlier batches included, and up to when these take."""
    waiting = select(Delivery.network, Delivery.due_at).where(free(), Delivery.due_at <= now, Delivery.latest_at >= now)
    going = select(Delivery.network, Delivery.due_at).where(
        Delivery.state == DeliveryState.QUEUED.value, Delivery.problem.in_(AFTER.values()), Delivery.due_at > now
    )
    both = union_all(waiting, going).subquery()
    found = session.execute(select(both.c.network, func.count(), func.max(both.c.due_at)).group_by(both.c.network))
    return {network: Lane(apart(count), max(last, now)) for network, count, last in found}
