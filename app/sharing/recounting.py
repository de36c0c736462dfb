"""Counting anew: Redis was emptied or exchanged, and the ledger says what has been used up. Until that is done, everybody waits."""

import logging
import math
import secrets
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from app.db import apart
from app.networks.base import Rate
from app.sharing import rate_pauses, rate_scopes
from app.sharing.account_models import ConnectedAccount
from app.sharing.meters import CLOCK, KEPT, PARTS, SCOPE, Meters
from app.sharing.models import Attempt, Delivery
from app.sharing.rate_scopes import Ask

log = logging.getLogger(__name__)

LOCK, LOST = "governor:recounting", "governor:lost"
LOCK_MS, LOST_MS = 60_000, 600_000
# Who was admitted just before may not yet have written down that they send.
SETTLE = 5.0
LATELY = timedelta(seconds=30)
SOON = 0.3
_SPARE_MS = 86_400_000
_FINISH = """
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('HSET', KEYS[1], 'run', ARGV[2], 'now', ARGV[3])
return 1
"""


def recount(meters: Meters, *, now: datetime) -> float:
    """Fill Redis from the ledger. Returns 0 when that is done, else for how many seconds to wait before asking again."""
    token = secrets.token_hex(8)
    if not meters.client.set(LOCK, token, nx=True, px=LOCK_MS):
        return SOON
    try:
        with apart() as own:
            unsettled = _unsettled(own, meters, now)
            if unsettled > 0:
                return unsettled
            return 0.0 if _fill(own, meters, token, now) else SOON
    finally:
        if meters.client.get(LOCK) == token:
            meters.client.delete(LOCK)


def _unsettled(own: Session, meters: Meters, now: datetime) -> float:
    """How long to wait until everybody who is on the way is in the ledger; 0 if it has been quiet."""
    busy = own.scalar(select(exists().where(Attempt.started_at > now - LATELY)))
    if not busy:
        return 0.0
    meters.client.set(LOST, "", nx=True, px=LOST_MS)
    return max(0.0, SETTLE - (LOST_MS - int(meters.client.pttl(LOST))) / 1000)


def _fill(own: Session, meters: Meters, token: str, now: datetime) -> bool:
    counts, moment = _counts(own, now), now.timestamp() * 1000
    fields: dict[str, dict[Any, Any]] = {f"{SCOPE}{key}": dict(found) for key, found in counts.items()}
    for key, until in rate_pauses.valid(own, now).items():
        fields.setdefault(SCOPE + key, {})["pause"] = math.ceil(until.timestamp() * 1000)
    _forget(meters.client)
    with meters.client.pipeline(transaction=False) as pipeline:
        for name, found in fields.items():
            pipeline.hset(name, mapping=found)
            pipeline.pexpire(name, _kept_for(name.removeprefix(SCOPE), found.get("pause", 0) - moment))
        pipeline.execute()
    done = meters.client.eval(_FINISH, 3, CLOCK, LOCK, LOST, token, meters.run, f"{moment:.0f}")
    log.info("the rate governor has counted anew from the ledger: %s scopes", len(fields))
    return bool(done)


def _counts(own: Session, now: datetime) -> dict[str, Counter[str]]:
    """For every scope what the ledger says was taken in each part of each window."""
    counts: dict[str, Counter[str]] = {}
    for ask, started_at in _recent(own, now):
        moment = min(started_at, now).timestamp() * 1000
        for key in rate_scopes.scopes(ask):
            for rate in rate_scopes.rates(*rate_scopes.parts(key)[:3]):
                counts.setdefault(key, Counter())[_field(rate, moment)] += rate_scopes.cost(rate, ask.pictures)
    return counts


def _recent(own: Session, now: datetime) -> Iterator[tuple[Ask, datetime]]:
    since = now - timedelta(seconds=rate_scopes.longest_window() * KEPT / PARTS)
    pictures = func.coalesce(func.jsonb_array_length(Delivery.payload["media"]), 0)
    rows = own.execute(
        select(Delivery.id, Delivery.network, ConnectedAccount.host, Delivery.account_id, pictures, Attempt.started_at)
        .join(Delivery, Attempt.delivery_id == Delivery.id)
        .join(ConnectedAccount, ConnectedAccount.id == Delivery.account_id)
        .where(Attempt.started_at > since)
        .execution_options(yield_per=1000)
    )
    for *facts, started_at in rows:
        yield Ask(*facts), started_at


def _field(rate: Rate, moment: float) -> str:
    return f"{rate.seconds * 1000}{rate.of}:{math.floor(moment / (rate.seconds * 1000 / PARTS))}"


def _kept_for(key: str, pause: float) -> int:
    longest = max((rate.seconds * 1000 * KEPT / PARTS for rate in rate_scopes.rates(*rate_scopes.parts(key)[:3])), default=0.0)
    return math.ceil(max(longest, pause, 0.0)) + _SPARE_MS


def _forget(client: redis.Redis) -> None:
    """What another life of the server has left: the ledger counts everything anew."""
    for name in client.scan_iter(f"{SCOPE}*", count=1000):
        client.unlink(name)
