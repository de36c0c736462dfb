"""Sending deliveries: prepare what may be repeated, commit `sending` for all that leave now, then one request for each.

No transaction is open while a network is called.
"""

import hashlib
import json
import logging
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache

from sqlalchemy import bindparam, text

from app.db import Json, session, transaction
from app.ids import uuid7
from app.logs import about
from app.networks.base import Ambiguous, Duplicate, NetworkFault, Retryable
from app.networks.sockets import leaving_within
from app.sharing import admission, budgets, leasing, ledger_clock, obstacles, orders, outcomes, recording, refreshing
from app.sharing.leasing import Leased
from app.sharing.models import Delivery
from app.sharing.networks import network
from app.sharing.orders import Order
from app.sharing.outcomes import Outcome
from app.sharing.pace import pace

log = logging.getLogger(__name__)

# The one step beside `move()` that sets a state: row, attempt and event together, for as many as leave at this moment.
MARK_SENDING = text(
    """
    WITH leaving AS (
        SELECT * FROM jsonb_to_recordset(CAST(:leaving AS jsonb))
            AS t(id uuid, payload text, prepared jsonb, attempt_id uuid, payload_hash text, due_at timestamptz)
    ),
    marked AS (
        UPDATE deliveries SET state = 'sending', sent_at = :now, leased_until = :until, due_at = :until,
            payload = CAST(leaving.payload AS jsonb), prepared = leaving.prepared
        FROM leaving WHERE deliveries.id = leaving.id AND deliveries.state = 'queued'
        RETURNING deliveries.id, leaving.attempt_id, leaving.payload_hash, leaving.due_at
    ),
    tried AS (
        INSERT INTO attempts (id, delivery_id, number, payload_hash, worker, due_at, started_at)
        SELECT attempt_id, id, 1 + coalesce((SELECT max(number) FROM attempts AS earlier WHERE earlier.delivery_id = marked.id), 0),
            payload_hash, :worker, due_at, :now FROM marked
    )
    INSERT INTO events (at, verb, subject, subject_id, facts)
    SELECT :now, 'sending', 'deliveries', id, jsonb_build_object('was', 'queued') FROM marked
    """
)


def prepared(order: Order) -> Order:
    """Fresh tokens, the payload, the pictures uploaded. Raises the faults of the network; all of it may be repeated."""
    account = refreshing.ready(order.account_id, order.account)
    account = refreshing.limits(order.account_id, account, asked_at=order.limits_at, now=ledger_clock.now())
    order = orders.with_payload(order, account)
    assert order.payload is not None
    if order.prepared is not None:
        return order
    if order.draft.images:
        leasing.hold_longer(order.leased, until=ledger_clock.now() + timedelta(seconds=pace().uploading))
    return replace(order, prepared=network(account.network).prepare(account, order.payload, order.draft.images))


def made_ready(order: Order) -> Order | None:
    """The same, with every way in which it can fail written down: then there is no order any more."""
    with about(order.leased.id):
        try:
            return prepared(order)
        except NetworkFault as fault:
            outcomes.settle(order, _before(fault), now=ledger_clock.now())
            admission.hear(order, fault)
        except Exception as error:
            log.exception("delivery %s could not be prepared", order.leased.id)
            outcomes.settle(order, Retryable("internal", type(error).__name__), now=ledger_clock.now())
    return None


@dataclass(frozen=True)
class Departure:
    """Who leaves now, who may not, and who waits for room under a cap until when."""

    going: list[Order]
    stopped: list[Leased]
    capped: dict[Leased, datetime]


def begin(ready: Sequence[Order], *, now: datetime) -> Departure:
    """Commit that these requests are about to leave: state, payload and attempt. What is not ours to send any more stays behind.

    Each row is asked again under its lock, and so are the caps of its person, by one worker after the other.
    """
    with transaction():
        budgets.one_after_the_other(ready)
        asked = {"ids": [one.leased.id for one in ready], "since": now - budgets.DAY}
        rows = obstacles.by_id(session.execute(_question(), asked).all())
        mine = [one for one in ready if one.leased.id in rows and obstacles.ours(rows[one.leased.id], one.leased)]
        against = {one.leased.id: obstacles.against(rows[one.leased.id], now=now) for one in mine}
        free = [one for one in mine if against[one.leased.id] is None]
        capped = budgets.capped(free, rows, now=now)
        going = [replace(one, sent_at=now, attempt_id=uuid7()) for one in free if one.leased.id not in capped]
        _mark(going, now)
    stopped = [one.leased for one in mine if against[one.leased.id] is not None]
    return Departure(going, stopped, {one.leased: capped[one.leased.id] for one in free if one.leased.id in capped})


def stay(departure: Departure, *, now: datetime) -> None:
    """Write down why the others have not left."""
    obstacles.turn_away(departure.stopped, now=now)
    recording.put_off(departure.capped, problem="capped")


@lru_cache(maxsize=1)
def _question() -> obstacles.Question:
    """Put together once: that takes longer than the answer."""
    question = obstacles.facts(budgets.sent_lately(bindparam("since", type_=Delivery.sent_at.type)).label("sent_lately"))
    return question.where(obstacles.ASKED).order_by(Delivery.id).with_for_update(of=Delivery)


def _mark(going: Sequence[Order], now: datetime) -> None:
    if not going:
        return
    until = now + timedelta(seconds=pace().sending)
    leaving = json.dumps([_leaving(one) for one in going])
    session.execute(MARK_SENDING, {"leaving": leaving, "now": now, "until": until, "worker": worker_name()})


def _leaving(order: Order) -> Json:
    assert order.payload is not None
    assert order.prepared is not None
    payload = json.dumps(order.payload.as_json(), sort_keys=True)
    return {
        "id": str(order.leased.id),
        "payload": payload,
        "prepared": order.prepared.as_json(),
        "attempt_id": str(order.attempt_id),
        "payload_hash": hashlib.sha256(payload.encode()).hexdigest(),
        "due_at": order.leased.due_at.isoformat(),
    }


def publish(order: Order) -> Outcome:
    """The one create request; every way in which it can end comes back as a value."""
    assert order.payload is not None
    assert order.prepared is not None
    assert order.sent_at is not None
    since = (ledger_clock.now() - order.sent_at).total_seconds()
    if since > pace().awake:
        return Retryable("overslept")  # this process was stopped for a while; somebody else may own the row by now
    try:
        with leaving_within(pace().leaves - since):
            return network(order.account.network).publish(order.account, order.payload, order.prepared)
    except NetworkFault as fault:
        return fault
    except Exception as error:
        log.exception("delivery %s ended in an error of ours while its request was on the way", order.leased.id)
        return Ambiguous("internal", type(error).__name__)


def worker_name() -> str:
    """This process, for the record."""
    return f"{socket.gethostname()}/{os.getpid()}"


def _before(fault: NetworkFault) -> NetworkFault:
    """Before the create request nothing is in doubt."""
    return Retryable(fault.code, fault.detail) if isinstance(fault, (Ambiguous, Duplicate)) else fault
