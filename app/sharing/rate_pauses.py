"""The pauses that networks have asked us for, as PostgreSQL remembers them; Redis may forget."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.db import apart, session
from app.networks.base import RateLimited
from app.sharing import rate_scopes
from app.sharing.rate_scopes import Ask
from app.sharing.stop_models import RatePause

LONGEST_GUESS = timedelta(hours=1)
KEPT = timedelta(days=7)
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Paused:
    """One scope that waits, for people to read. `account_id` is set for a single account and its pictures."""

    scope: str
    network: str
    host: str
    account_id: uuid.UUID | None
    until: datetime
    said_at: datetime
    reason: str


def remember(ask: Ask, fault: RateLimited, *, now: datetime) -> dict[str, datetime]:
    """Note a pause in a transaction of its own; returns what now holds, by key. A later end wins over an earlier one."""
    key = rate_scopes.key(ask, fault.scope)
    with apart() as own:
        until = _note(own, ask, key, fault, now)
        own.execute(delete(RatePause).where(RatePause.until < now - KEPT))
    return {key: until}


def valid(own: Session, now: datetime) -> dict[str, datetime]:
    """All pauses that have not ended, by key."""
    rows = own.execute(select(RatePause.key, RatePause.until).where(RatePause.until > now))
    return {row.key: row.until for row in rows}


def paused(now: datetime) -> list[Paused]:
    """What waits at this moment, the longest first; at most SHOWN."""
    rows = session.scalars(select(RatePause).where(RatePause.until > now).order_by(RatePause.until.desc()).limit(SHOWN))
    return [_shown(row) for row in rows]


def _shown(row: RatePause) -> Paused:
    scope, network, host, account = rate_scopes.parts(row.key)
    return Paused(scope, network, host, uuid.UUID(account) if account else None, row.until, row.said_at, row.reason)


def _note(own: Session, ask: Ask, key: str, fault: RateLimited, now: datetime) -> datetime:
    fresh = {"key": key, "network": ask.network, "until": fault.until, "said_at": now, "reason": fault.detail}
    own.execute(insert(RatePause).values(fresh).on_conflict_do_nothing())
    row = own.scalars(select(RatePause).where(RatePause.key == key).with_for_update()).one()
    until = fault.until if fault.said else _guess(row, fault, now)
    if until > row.until:
        row.until, row.said_at, row.reason = until, now, fault.detail
    return row.until


def _guess(row: RatePause, fault: RateLimited, now: datetime) -> datetime:
    """Twice as long as the last pause if it has only just ended; many refusals at the same time are one."""
    if row.until > now:
        return row.until
    last = row.until - row.said_at
    longer = now + min(2 * last, LONGEST_GUESS)
    return max(fault.until, longer) if now - row.until < last else fault.until
