"""What follows from what happened: every error sorted by its consequence, in this one place.

`settle` writes down the result of one order in one transaction. Nothing here calls a network.
"""

import logging
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from app.audit.moves import move
from app.db import session, transaction
from app.networks.base import (
    AccountBlocked,
    Ambiguous,
    Config,
    Duplicate,
    NetworkFault,
    Permanent,
    Published,
    RateLimited,
    Reauth,
    Retryable,
)
from app.sharing import accounts, deliveries, holding, leasing, refreshing, telling
from app.sharing.models import Attempt, Delivery, DeliveryState
from app.sharing.orders import Order
from app.sharing.pace import pace

log = logging.getLogger(__name__)

Outcome = Published | NetworkFault


def settle(order: Order, outcome: Outcome, *, now: datetime) -> None:
    """Record what came of an order. Proof that it is published counts whenever it comes; anything else only while the row is ours."""
    if isinstance(outcome, Reauth) and outcome.code == "token_invalid" and order.account.tokens.refresh_token:
        refreshing.worthless(order.account_id, order.account, now=now)
    with transaction():
        delivery = leasing.by_id(order.leased.id)
        if order.attempt_id is not None:
            _end_attempt(order.attempt_id, outcome, now)
        if isinstance(outcome, Published):
            adopt(delivery, outcome, now=now)
        elif delivery.lease == order.leased.lease and delivery.state in ("queued", "sending"):
            consequence(outcome)(delivery, outcome, now)
        held = delivery.state == DeliveryState.HELD
    if held and isinstance(outcome, (Reauth, AccountBlocked)):
        refreshing.refused(order.account_id, order.account, problem=outcome.code, now=now)


def adopt(delivery: Delivery, found: Published, *, now: datetime) -> None:
    """The post exists: it is this delivery's, whatever the row has come to think meanwhile, and nothing is sent any more."""
    if delivery.state in ("published", "removed"):
        return
    if delivery.state == "failed":  # given up, and yet it came
        _doubt_again(delivery)
    if delivery.state == "queued":  # judged absent, and yet it came: no second one may follow
        delivery.lease, delivery.sent_at = delivery.lease or uuid.uuid4(), delivery.sent_at or found.at
        move(delivery, "sending", by=None, late=True)
    if delivery.state not in ("sending", "unconfirmed"):
        log.error("delivery %s is %s, but its post %s exists", delivery.id, delivery.state, found.remote_id)
        return
    deliveries.published(delivery, remote_id=found.remote_id, url=found.url, at=found.at, by=None, now=now)


def _doubt_again(delivery: Delivery) -> None:
    """Unless its owner has shared it there once more: an account has one live delivery of a post."""
    with suppress(IntegrityError), session.begin_nested():
        move(delivery, "unconfirmed", by=None, late=True)
        session.flush()


def consequence(fault: NetworkFault) -> Callable[[Delivery, NetworkFault, datetime], None]:
    """What to do about a fault. What has no line of its own is treated as the worst: unknown."""
    for kind, act in CONSEQUENCES.items():
        if isinstance(fault, kind):
            return act
    return doubt


def fail(delivery: Delivery, fault: NetworkFault, now: datetime) -> None:
    """It will never be accepted, or all tries are used up."""
    del now
    move(delivery, "failed", by=None, problem=fault.code)
    _note(delivery, fault)
    telling.did_not_go_out(delivery)


def try_again(delivery: Delivery, fault: NetworkFault, now: datetime) -> None:
    """Nothing was made: later again, with growing waits, up to the fifth try."""
    delivery.tries += 1
    if delivery.tries >= pace().tries:
        fail(delivery, fault, now)
        return
    delivery.prepared = None
    wait(delivery, fault, pace().next_try(delivery.tries, now, after=getattr(fault, "after", None)))


def wait(delivery: Delivery, fault: NetworkFault, until: datetime) -> None:
    """Back into the queue until a moment; when that is too late, it is left out at once, so that its owner hears in time."""
    if delivery.state == DeliveryState.SENDING:
        move(delivery, "queued", by=None, problem=fault.code)
    _note(delivery, fault)
    delivery.due_at = until
    if until > delivery.latest_at:
        holding.skip(delivery, problem="too_late")


def rate_limited(delivery: Delivery, fault: NetworkFault, now: datetime) -> None:
    """Wait as long as the network says; that uses up no try."""
    wait(delivery, fault, fault.until if isinstance(fault, RateLimited) else now + timedelta(minutes=5))


def refused_token(delivery: Delivery, fault: NetworkFault, now: datetime) -> None:
    """Refresh once and try at once, if there is something to refresh with; else only the owner can mend it."""
    account = delivery.account
    tokens = accounts.as_value(account).tokens if account.tokens else None
    if tokens and tokens.refresh_token and fault.code == "token_invalid" and delivery.problem != "token_refreshed":
        wait(delivery, Retryable("token_refreshed"), now)
        return
    account_trouble(delivery, fault, now)


def account_trouble(delivery: Delivery, fault: NetworkFault, now: datetime) -> None:
    """The account is out: hold this one now, and the rest of the account's in a transaction of its own (`refreshing.refused`)."""
    holding.hold_one(delivery, problem=fault.code, detail=fault.detail)
    delivery.due_at = min(delivery.due_at, now)


def setup_trouble(delivery: Delivery, fault: NetworkFault, now: datetime) -> None:
    """Our side is set up wrongly: hold it; the hourly sweep and the admin's switch let it go again."""
    log.error("%s is set up wrongly: %s", delivery.network, fault)
    holding.hold_one(delivery, problem="network_setup", detail=str(fault))
    delivery.due_at = min(delivery.due_at, now)


def doubt(delivery: Delivery, fault: NetworkFault, now: datetime) -> None:
    """It may be there: never send it again blindly, find out. A network that speaks of a duplicate is asked at once."""
    move(delivery, "unconfirmed", by=None, problem=fault.code)
    _note(delivery, fault)
    sent_at = delivery.sent_at or now
    delivery.looks = 0
    delivery.due_at = now if isinstance(fault, Duplicate) else pace().next_look(0, sent_at, now)


CONSEQUENCES: dict[type[NetworkFault], Callable[[Delivery, NetworkFault, datetime], None]] = {
    Permanent: fail,
    Retryable: try_again,
    RateLimited: rate_limited,
    Reauth: refused_token,
    AccountBlocked: account_trouble,
    Config: setup_trouble,
    Duplicate: doubt,
    Ambiguous: doubt,
}


def _note(delivery: Delivery, fault: NetworkFault) -> None:
    delivery.problem, delivery.problem_detail = fault.code, fault.detail or None
    holding.unlease(delivery)


def _end_attempt(attempt_id: uuid.UUID, outcome: Outcome, now: datetime) -> None:
    attempt = session.get_one(Attempt, attempt_id)
    attempt.ended_at = now
    attempt.outcome = "published" if isinstance(outcome, Published) else outcome.code
    attempt.detail = None if isinstance(outcome, Published) else outcome.detail or None
