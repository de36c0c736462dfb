"""Readings: what the networks count for a published delivery, an hour, a day, a week and a month after it."""

import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import joinedload

from app import clock
from app.db import Json, session, transaction
from app.insights.models import Reading
from app.networks.base import Account, Gone, Metrics, NetworkFault, Reauth
from app.sharing import accounts, refreshing, removals
from app.sharing.account_models import AccountState
from app.sharing.models import Delivery, DeliveryState
from app.sharing.networks import network
from app.sharing.pace import first_reading

log = logging.getLogger(__name__)

# After the first one (`app.sharing.pace`). Whoever practises wants to see something soon.
SCHEDULE = (timedelta(hours=1), timedelta(hours=24), timedelta(days=7), timedelta(days=30))
SOON = {"practice": (timedelta(minutes=10),)}
TRY_AGAIN = timedelta(minutes=15)
BATCH = 200
FIELDS = ("impressions", "reach", "likes", "comments", "reposts", "quotes", "saves", "clicks")


@dataclass(frozen=True)
class Wanted:
    """One delivery to be counted, as plain values."""

    delivery_id: uuid.UUID
    remote_id: str
    account_id: uuid.UUID
    account: Account


def next_reading(network_key: str, published_at: datetime, after: datetime) -> datetime | None:
    """The first moment on the schedule that lies after `after`; None when all readings are taken."""
    moments = (published_at + wait for wait in sorted({first_reading(network_key), *SOON.get(network_key, ()), *SCHEDULE}))
    return next((moment for moment in moments if moment > after), None)


def anything_due(now: datetime) -> ColumnElement[bool]:
    """A question for the database: whether a reading is due."""
    return select(Delivery.id).where(Delivery.reading_due_at <= now).exists()


def take_due(*, now: datetime | None = None) -> int:
    """Take every reading that is due; returns how many. Several workers at once share them."""
    taken = 0
    while wanted := _claim(now or clock.now()):
        for _account_id, group in groupby(wanted, key=lambda one: one.account_id):
            taken += _take(list(group), now=now or clock.now())
    return taken


def _claim(now: datetime) -> list[Wanted]:
    """Deliveries whose reading is due; each is put off a little first, so that a killed worker costs minutes, not the reading."""
    due = (
        select(Delivery)
        .where(Delivery.reading_due_at <= now)
        .order_by(Delivery.reading_due_at)
        .limit(BATCH)
        .options(joinedload(Delivery.account))
        .with_for_update(of=Delivery, skip_locked=True)
    )
    with transaction():
        rows = [row for row in session.scalars(due) if _can_be_read(row, now)]
        wanted = [Wanted(row.id, str(row.remote_id), row.account_id, accounts.as_value(row.account)) for row in rows]
    return sorted(wanted, key=lambda one: one.account_id)


def _can_be_read(delivery: Delivery, now: datetime) -> bool:
    """Put the reading off, to its next moment when it cannot be taken at all."""
    if delivery.published_at is None or delivery.state != DeliveryState.PUBLISHED:
        delivery.reading_due_at = None
        return False
    first = next_reading(delivery.network, delivery.published_at, delivery.published_at)
    if first is not None and now < first:
        delivery.reading_due_at = first
        return False
    if delivery.account.state != AccountState.CONNECTED:
        delivery.reading_due_at = next_reading(delivery.network, delivery.published_at, now)
        return False
    delivery.reading_due_at = now + TRY_AGAIN
    return True


def _take(group: list[Wanted], *, now: datetime) -> int:
    """Readings of one account, in batches as large as its network takes."""
    first = group[0]
    where = network(first.account.network)
    try:
        account = refreshing.ready(first.account_id, first.account)
        size = max(1, where.capabilities().metrics_batch)
        for part in (group[start : start + size] for start in range(0, len(group), size)):
            _keep(part, where.metrics(account, [one.remote_id for one in part]), now=now)
    except Reauth as fault:
        refreshing.refused(first.account_id, first.account, problem=fault.code, now=now)
    except NetworkFault as fault:
        log.info("no readings from %s: %s", first.account.host, fault)
        return 0
    return len(group)


def _keep(part: Iterable[Wanted], found: dict[str, Metrics | Gone], *, now: datetime) -> None:
    with transaction():
        for one in part:
            delivery = session.get_one(Delivery, one.delivery_id, with_for_update=True)
            if delivery.state == DeliveryState.PUBLISHED and delivery.published_at is not None:
                _keep_one(delivery, found.get(one.remote_id), now=now)


def _keep_one(delivery: Delivery, seen: Metrics | Gone | None, *, now: datetime) -> None:
    """One reading, or the news that the post is gone."""
    assert delivery.published_at is not None
    if isinstance(seen, Gone):
        removals.gone(delivery, by=None, now=now, problem="gone_at_network")
        return
    delivery.reading_due_at = next_reading(delivery.network, delivery.published_at, now)
    if seen is not None:
        delivery.counts = as_counts(seen)
        session.add(Reading(delivery_id=delivery.id, at=now, counts=delivery.counts))


def as_counts(seen: Metrics) -> Json:
    """What the network says; what it does not offer is absent, never 0."""
    said = {name: getattr(seen, name) for name in FIELDS}
    return {name: count for name, count in said.items() if count is not None}
