"""How shares flow: how many left within the last hour and how late, and what people hold back. Bounded at any size."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import joinedload

from app.clock import now
from app.db import session
from app.health.sweeping import id_before
from app.sharing.stop_models import Stop

WINDOW = 20_000
MOST_LINES = 50
HOUR = timedelta(hours=1)

FLOW = text(
    """
    WITH lately AS MATERIALIZED (
        SELECT outcome, greatest(0, extract(epoch FROM started_at - due_at)) AS late FROM attempts
        WHERE id >= CAST(:hour AS uuid) ORDER BY id DESC LIMIT :window
    )
    SELECT count(*) AS sent, count(*) FILTER (WHERE outcome = 'published') AS published,
        count(*) FILTER (WHERE outcome IS NOT NULL AND outcome <> 'published') AS otherwise,
        percentile_cont(0.5) WITHIN GROUP (ORDER BY late) AS p50, percentile_cont(0.95) WITHIN GROUP (ORDER BY late) AS p95,
        max(late) AS worst
    FROM lately
    """
)


@dataclass(frozen=True)
class Flow:
    """The last hour: requests sent, how they ended, and the lateness in seconds (None when nothing left)."""

    sent: int
    published: int
    otherwise: int
    p50: float | None
    p95: float | None
    worst: float | None

    @property
    def many(self) -> bool:
        """Whether there were more than we count."""
        return self.sent >= WINDOW


def lately(present: datetime | None = None) -> Flow:
    """What left within the last hour; one query over the newest attempts."""
    moment = present or now()
    row = session.execute(FLOW, {"hour": str(id_before(moment - HOUR)), "window": WINDOW}).one()
    seconds = [None if one is None else float(one) for one in (row.p50, row.p95, row.worst)]
    return Flow(row.sent, row.published, row.otherwise, *seconds)


def stops() -> Sequence[Stop]:
    """What people hold back now, the oldest first."""
    active = select(Stop).where(Stop.ended_at.is_(None)).options(joinedload(Stop.starter)).order_by(Stop.id).limit(MOST_LINES)
    return session.scalars(active).all()
