"""Which worker holds which row: one statement, and the rows are nobody else's until the lease ends.

Everything that has to be done with a delivery is found here, by `due_at`: sending what is queued, giving up on what was `sending` when its
worker died, looking for what is unconfirmed, taking back what its owner does not want any more.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, and_, select, text, update
from sqlalchemy.orm import contains_eager

from app.db import session, transaction
from app.sharing import ledger_clock
from app.sharing.models import Delivery, Share
from app.sharing.pace import pace

# What somebody waits for goes before what was spread; each part is read in the order of the index, and no further than is needed.
# An account has one row under way at a time: ten posts of one person do not hold up a hundred others, and leave in their order.
_PART = """
    SELECT id, account_id, due_at, priority FROM deliveries AS mine
    WHERE (state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL)
        AND priority = {priority} AND due_at <= {horizon} AND (leased_until IS NULL OR leased_until <= {now})
        AND network <> ALL (CAST(:full AS text[])) AND (state <> 'sending' OR (:give_up AND {even}))
        AND NOT EXISTS (
            SELECT FROM deliveries AS other
            WHERE other.account_id = mine.account_id AND other.lease IS NOT NULL AND other.leased_until > {now} OFFSET 0
        )
        AND NOT EXISTS (
            SELECT FROM deliveries AS first
            WHERE first.account_id = mine.account_id AND first.state = 'queued' AND first.due_at <= {horizon}
                AND (first.priority, first.due_at, first.id) < (mine.priority, mine.due_at, mine.id)
            OFFSET 0
        )
    ORDER BY due_at, id LIMIT {limit} FOR UPDATE OF mine SKIP LOCKED
"""
# OFFSET 0 keeps the two questions about the account look-ups by index; as joins they would read the whole queue for every lease.
# The moment of the statement, not of its transaction: that may have been begun earlier, by something that was only read.
_NOW = "coalesce(CAST(:now AS timestamptz), statement_timestamp())"
# A step of PostgreSQL's clock may be seen here first: what another worker is sending has not ended because of it.
_EVEN = f"abs(extract(epoch FROM {_NOW} - coalesce(CAST(:expected AS timestamptz), {_NOW}))) < {ledger_clock.STEP}"
_TIMES = {"now": _NOW, "horizon": f"{_NOW} + :ahead", "even": _EVEN}
LEASE_DUE = text(
    f"""
    WITH waited_for AS ({_PART.format(priority=0, limit=":limit", **_TIMES)}),
    spread AS ({_PART.format(priority=1, limit="greatest(:limit - (SELECT count(*) FROM waited_for), 0)", **_TIMES)}),
    due AS (
        SELECT DISTINCT ON (account_id) id FROM (SELECT * FROM waited_for UNION ALL SELECT * FROM spread) AS both_parts
        ORDER BY account_id, priority, due_at, id
    ),
    leased AS (
        UPDATE deliveries SET lease = :lease, leased_until = {_NOW} + :leased FROM due WHERE deliveries.id = due.id
        RETURNING deliveries.id, deliveries.state, deliveries.due_at, deliveries.network, deliveries.priority
    )
    SELECT clock_timestamp() AS present, leased.* FROM (VALUES (1)) AS once LEFT JOIN leased ON true
    """  # noqa: S608 - two constants of ours
)

# PostgreSQL's clock has gone back: what was written before the step lies in the future, later than any lease can end and any look can be,
# or any next try. What a network asks to wait for may be longer: it is asked about again, and says so again.
MEND = text(
    """
    UPDATE deliveries SET leased_until = least(leased_until, now() + :longest), due_at = least(due_at, now() + :longest)
    WHERE (state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL)
        AND (leased_until > now() + :longest OR sent_at > now() + :longest OR (state = 'unconfirmed' AND looks < :most_looks
            AND due_at > now() + CASE WHEN looks < :first_looks THEN CAST(:last_of_them AS interval) ELSE CAST(:later AS interval) END)
            OR (:seen AND state = 'queued' AND problem IS NOT NULL AND due_at > now() + :longest_wait))
    """
)


@dataclass(frozen=True)
class Leased:
    """One row that this worker holds under this lease."""

    id: uuid.UUID
    lease: uuid.UUID
    state: str
    due_at: datetime
    network: str = ""


def lease_due(*, limit: int, now: datetime | None = None, full: Collection[str] = ()) -> list[Leased]:
    """Lease up to `limit` rows that are due now or within a moment, the most urgent and oldest first; nobody waits for anybody.

    Now is PostgreSQL's now, unless another is given. Rows of the networks in `full` are left for later: a slow network must not take every
    hand. What another worker was sending is taken only by a process that has seen the clock run evenly for as long as a request may take.
    """
    lease = uuid.uuid4()
    values: dict[str, Any] = {
        "now": now,
        "ahead": timedelta(seconds=pace().ahead),
        "leased": timedelta(seconds=pace().leased),
        "limit": limit,
    }
    values |= {"give_up": ledger_clock.steady_for(pace().sending), "expected": None if now else ledger_clock.expected()}
    with transaction():
        rows = session.execute(LEASE_DUE, {**values, "full": list(full), "lease": lease}).all()
    if now is None:
        ledger_clock.learn(rows[0].present)
    found = sorted((row for row in rows if row.id is not None), key=lambda row: (row.priority, row.due_at, row.id))
    return [Leased(row.id, lease, row.state, row.due_at, row.network) for row in found]


def mend_after_step(*, seen: bool = True) -> int:
    """Let no lease and no next look lie further ahead than the longest lease; returns how many rows had lain there.

    What is only planned keeps its minute, and nobody's row is taken early: it has the longest lease from now. Only when the step was `seen`
    by us, this holds for the next try of what has failed as well, so that a start does not call up everything that waits for a network.
    """
    longest = timedelta(seconds=max(pace().leased, pace().uploading, pace().sending))
    looks = {"first_looks": len(pace().looks), "last_of_them": timedelta(seconds=pace().looks[-1])}
    looks |= {"most_looks": pace().most_looks, "later": timedelta(seconds=pace().later_looks)}
    tries = {"seen": seen, "longest_wait": timedelta(seconds=pace().longest_wait)}
    with transaction():
        return cast("CursorResult[object]", session.execute(MEND, {"longest": longest, **looks, **tries})).rowcount


def hold_longer(leased: Leased, *, until: datetime) -> None:
    """Keep a row for longer, if it is still ours (pictures take their time)."""
    with transaction():
        ours = and_(Delivery.id == leased.id, Delivery.lease == leased.lease)
        session.execute(update(Delivery).where(ours).values(leased_until=until))


def let_go(leased: Sequence[Leased]) -> None:
    """Leave queued rows to whoever comes next."""
    with transaction():
        for one in leased:
            ours = and_(Delivery.id == one.id, Delivery.lease == one.lease, Delivery.state == "queued")
            session.execute(update(Delivery).where(ours).values(lease=None, leased_until=None))


def locked(leased: Leased) -> Delivery | None:
    """The row with its account, person and post, locked; none when it is not ours any more."""
    delivery = by_id(leased.id)
    return delivery if delivery.lease == leased.lease and delivery.state == leased.state else None


def by_id(delivery_id: uuid.UUID) -> Delivery:
    """The row with all that decides about it, locked and as it is now."""
    found = (
        select(Delivery)
        .where(Delivery.id == delivery_id)
        .join(Delivery.account)
        .join(Delivery.post)
        .join(Delivery.share)
        .join(Share.user)
        .options(
            contains_eager(Delivery.account),
            contains_eager(Delivery.post),
            contains_eager(Delivery.share).contains_eager(Share.user),
        )
        .with_for_update(of=Delivery)
    )
    return session.scalars(found, execution_options={"populate_existing": True}).one()
