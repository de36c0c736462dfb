"""Sending one delivery: prepare what may be repeated, commit `sending`, one request, and write down what came back.

No transaction is open while the network is called.
"""

import hashlib
import json
import logging
import os
import socket
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app import clock
from app.audit.moves import move
from app.db import session, transaction
from app.ids import uuid7
from app.networks.base import Ambiguous, Duplicate, NetworkFault, Payload, Retryable
from app.sharing import leasing, orders, outcomes, refreshing
from app.sharing.leasing import Leased
from app.sharing.models import Attempt, Delivery
from app.sharing.networks import network
from app.sharing.orders import Order
from app.sharing.outcomes import Outcome
from app.sharing.pace import pace

log = logging.getLogger(__name__)


def deliver(leased: Leased) -> None:
    """Take one queued row all the way. Raises nothing that a repetition would mend: the row says how it ended."""
    order = orders.take(leased, now=clock.now())
    if order is None:
        return
    try:
        order = prepared(order)
    except NetworkFault as fault:
        outcomes.settle(order, _before(fault), now=clock.now())
        return
    except Exception as error:
        log.exception("delivery %s could not be prepared", leased.id)
        outcomes.settle(order, Retryable("internal", type(error).__name__), now=clock.now())
        return
    _wait_until(leased.due_at)
    sending = begin(order, now=clock.now())
    if sending is not None:
        outcomes.settle(sending, publish(sending), now=clock.now())


def prepared(order: Order) -> Order:
    """Fresh tokens, the payload, the pictures uploaded. Raises the faults of the network; all of it may be repeated."""
    account = refreshing.ready(order.account_id, order.account)
    account = refreshing.limits(order.account_id, account, asked_at=order.limits_at, now=clock.now())
    order = orders.with_payload(order, account)
    assert order.payload is not None
    if order.prepared is not None:
        return order
    if order.draft.images:
        leasing.hold_longer(order.leased, until=clock.now() + timedelta(seconds=pace().uploading))
    return replace(order, prepared=network(account.network).prepare(account, order.payload, order.draft.images))


def begin(order: Order, *, now: datetime) -> Order | None:
    """Commit that the request is about to leave: state, payload and attempt. None when the row is not ours to send any more."""
    payload, ready = order.payload, order.prepared
    assert payload is not None
    assert ready is not None
    with transaction():
        delivery = leasing.locked(order.leased)
        if delivery is None or not orders.may_leave(delivery, now=now):
            return None
        move(delivery, "sending", by=None)
        delivery.sent_at, delivery.payload, delivery.prepared = now, payload.as_json(), ready.as_json()
        delivery.leased_until = delivery.due_at = now + timedelta(seconds=pace().sending)
        attempt = _attempt(delivery, payload, now)
        session.add(attempt)
    return replace(order, sent_at=now, attempt_id=attempt.id)


def publish(order: Order) -> Outcome:
    """The one create request; every way in which it can end comes back as a value."""
    assert order.payload is not None
    assert order.prepared is not None
    assert order.sent_at is not None
    if clock.now() - order.sent_at > timedelta(seconds=pace().awake):
        return Retryable("overslept")  # this process was stopped for a while; somebody else may own the row by now
    try:
        return network(order.account.network).publish(order.account, order.payload, order.prepared)
    except NetworkFault as fault:
        return fault
    except Exception as error:
        log.exception("delivery %s ended in an error of ours while its request was on the way", order.leased.id)
        return Ambiguous("internal", type(error).__name__)


def _attempt(delivery: Delivery, payload: Payload, now: datetime) -> Attempt:
    last = session.scalar(select(func.max(Attempt.number)).where(Attempt.delivery_id == delivery.id)) or 0
    return Attempt(
        id=uuid7(), delivery_id=delivery.id, number=last + 1, payload_hash=payload_hash(payload), worker=worker_name(), started_at=now
    )


def payload_hash(payload: Payload) -> str:
    """SHA-256 of what is sent, as hex."""
    return hashlib.sha256(json.dumps(payload.as_json(), sort_keys=True).encode()).hexdigest()


def worker_name() -> str:
    """This thread, for the record."""
    return f"{socket.gethostname()}/{os.getpid()}/{threading.get_native_id()}"


def _before(fault: NetworkFault) -> NetworkFault:
    """Before the create request nothing is in doubt."""
    return Retryable(fault.code, fault.detail) if isinstance(fault, (Ambiguous, Duplicate)) else fault


def _wait_until(due_at: datetime) -> None:
    """Rows are leased a moment ahead, so that they leave within milliseconds of their time."""
    time.sleep(max(0.0, (due_at - clock.now()).total_seconds()))
