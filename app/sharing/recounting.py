"""Counting anew: Redis was emptied or exchanged, and the ledger says what has been used up. Until that is done, everybody waits."""

import logging
import math
import secrets
import uuid
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

import redis
from sqlalchemy import BigInteger, Integer, Select, cast, exists, func, literal, null, select, text
from sqlalchemy.orm import Session

from app.db import apart
from app.networks.base import Rate
from app.sharing import rate_pauses, rate_scopes
from app.sharing.account_models import ConnectedAccount
from app.sharing.meters import CLOCK, KEPT, PARTS, SCOPE, Meters
from app.sharing.models import Attempt, Delivery

log = logging.getLogger(__name__)

Allowed = tuple[tuple[str, tuple[Rate, ...]], ...]

LOCK, LOST = "governor:recounting", "governor:lost"
LOCK_MS, LOST_MS = 60_000, 600_000
# Who was admitted just before may not yet have written down that they send: that takes milliseconds, or a while when the database stalls.
SETTLE = 3.0
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
        if meters.client.hget(CLOCK, "run") == meters.run:  # somebody was quicker
            return 0.0
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


def _counts(own: Session, now: datetime) -> dict[str, dict[str, int]]:
    """For every scope what the ledger says was taken in each part of each window."""
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for (network, allowed), hosts in _servers(own).items():
        for scope, rates in allowed:
            for rate in rates:
                for host, account_id, part, places in own.execute(_taken(network, hosts, scope, rate, now)):
                    counts[rate_scopes.key_of(scope, network, host, account_id)][f"{rate.seconds * 1000}{rate.of}:{part}"] = places
    return counts


def _servers(own: Session) -> dict[tuple[str, Allowed], list[str]]:
    """The servers on which somebody has an account: those of one network that allow the same are asked about together."""
    found: dict[tuple[str, Allowed], list[str]] = defaultdict(list)
    for network, host in own.execute(select(ConnectedAccount.network, ConnectedAccount.host).distinct()):
        found[network, tuple(rate_scopes.allowed(network, host).items())].append(host)
    return found


def _taken(network: str, hosts: list[str], scope: str, rate: Rate, now: datetime) -> Select[str, uuid.UUID | None, int, int]:
    """By server and account, as far as the scope is theirs, and by part of the window: the places of the attempts that still count."""
    host = literal("") if scope == "app" else ConnectedAccount.host
    account = Delivery.account_id if scope in ("user", "uploads") else null()
    moment = func.extract("epoch", func.least(Attempt.started_at, now)) * 1000
    part = cast(func.floor(moment / (rate.seconds * 1000 / PARTS)), BigInteger)
    places = func.sum(rate_scopes.cost(rate, func.coalesce(func.jsonb_array_length(Delivery.payload["media"]), 0)))
    since = now - timedelta(seconds=rate.seconds * KEPT / PARTS)
    found = select(host.label("host"), account.label("account"), part.label("part"), cast(places, Integer)).select_from(Attempt)
    found = found.join(Delivery, Attempt.delivery_id == Delivery.id).join(ConnectedAccount, ConnectedAccount.id == Delivery.account_id)
    found = found.where(Attempt.started_at > since, Delivery.network == network, ConnectedAccount.host.in_(hosts))
    return found.group_by(text("1, 2, 3")).having(places > 0)


def _kept_for(key: str, pause: float) -> int:
    longest = max((rate.seconds * 1000 * KEPT / PARTS for rate in rate_scopes.rates(*rate_scopes.parts(key)[:3])), default=0.0)
    return math.ceil(max(longest, pause, 0.0)) + _SPARE_MS


def _forget(client: redis.Redis) -> None:
    """What another life of the server has left: the ledger counts everything anew."""
    with client.pipeline(transaction=False) as pipeline:
        for name in client.scan_iter(f"{SCOPE}*", count=1000):
            pipeline.unlink(name)
        pipeline.execute()
