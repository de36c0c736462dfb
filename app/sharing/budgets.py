"""How much may leave: the caps of a person on a network, asked in the step that marks deliveries `sending`, so that nobody passes them."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.orm import aliased

from app.db import session
from app.sharing import caps
from app.sharing.caps import Cap
from app.sharing.models import Delivery
from app.sharing.obstacles import Facts
from app.sharing.orders import Order

HOUR, DAY = timedelta(hours=1), timedelta(hours=24)
ONE_AFTER_THE_OTHER = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(key, 1)) FROM (SELECT key FROM unnest(CAST(:keys AS text[])) AS key ORDER BY key) AS k"
)


def one_after_the_other(ready: Sequence[Order]) -> None:
    """Until the end of this transaction nobody else begins a delivery of these people on these networks."""
    keys = {f"cap {one.user_id} {one.account.network}" for one in ready}
    session.execute(ONE_AFTER_THE_OTHER, {"keys": list(keys)})


def sent_lately(since: ColumnElement[datetime]) -> ColumnElement[Any]:
    """When this person's posts since then (a day ago) left for this network, newest first; for a row of `deliveries`."""
    earlier = aliased(Delivery)
    left = earlier.state.in_(("sending", "published", "unconfirmed", "removed"))
    same = (earlier.user_id == Delivery.user_id) & (earlier.network == Delivery.network)
    found = select(earlier.sent_at).where(same, left, earlier.sent_at > since)
    newest = found.order_by(earlier.sent_at.desc()).limit(caps.MOST_PER_DAY).correlate(Delivery)
    return func.array(newest.scalar_subquery())


def capped(ready: Sequence[Order], rows: Mapping[uuid.UUID, Facts], *, now: datetime) -> dict[uuid.UUID, datetime]:
    """Those of these orders that would pass a cap, and when each has room again."""
    allowed, found = caps.current(), {}
    now_leaving: dict[tuple[uuid.UUID, str], list[datetime]] = defaultdict(list)
    for one in ready:
        key = one.user_id, one.account.network
        cap = allowed.get(one.account.network) or caps.default(one.account.network)
        until = room_at([*now_leaving[key], *rows[one.leased.id].sent_lately], cap, now=now)
        if until is None:
            now_leaving[key].append(now)
        else:
            found[one.leased.id] = until
    return found


def room_at(sent: Sequence[datetime], cap: Cap, *, now: datetime) -> datetime | None:
    """When one more may leave after these (newest first), or None for at once."""
    moments = [sent[most - 1] + span for most, span in ((cap.per_hour, HOUR), (cap.per_day, DAY)) if len(sent) >= most]
    return max((moment for moment in moments if moment > now), default=None)
