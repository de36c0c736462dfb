"""Finding out what became of a delivery whose outcome nobody knows. It is never sent again blindly.

A look asks the network for the account's own posts. Found: it is published. Proven absent: back into the queue. Neither: later again, and
after the third look its owner is asked, once; we go on looking a few times a day.
"""

import logging
import uuid
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from app.audit.moves import move
from app.db import session, transaction
from app.errors import Refusal
from app.networks.base import (
    Absent,
    Account,
    Found,
    NetworkFault,
    Payload,
    Prepared,
    Published,
    RateLimited,
    Reauth,
    Reconciled,
    Unknown,
)
from app.networks.base import Attempt as Question
from app.sharing import accounts, holding, leasing, ledger_clock, outcomes, refreshing, telling
from app.sharing.leasing import Leased
from app.sharing.models import Attempt, Delivery
from app.sharing.networks import network
from app.sharing.pace import pace

log = logging.getLogger(__name__)

INTERRUPTED = "interrupted"
ASIDE = timedelta(hours=1)


def give_up_sending(leased: Leased, *, now: datetime) -> None:
    """A row was `sending` when its lease ended: its worker is gone, and its request may have been made. Find out."""
    with transaction():
        delivery = leasing.locked(leased)
        if delivery is None:
            return
        move(delivery, "unconfirmed", by=None, problem=INTERRUPTED)
        delivery.problem, delivery.problem_detail, delivery.looks = INTERRUPTED, None, 0
        delivery.due_at = pace().next_look(0, delivery.sent_at or now, now)
        holding.unlease(delivery)
        open_attempts = update(Attempt).where(Attempt.delivery_id == delivery.id, Attempt.ended_at.is_(None))
        session.execute(open_attempts.values(ended_at=now, outcome=INTERRUPTED))


def look(leased: Leased) -> None:
    """One look at the network for an unconfirmed row, and what follows from it."""
    with transaction():
        delivery = leasing.locked(leased)
        if delivery is None:
            return
        account_id, question, account = delivery.account_id, _question(delivery), _account(delivery)
    result = _ask(account_id, account, question)
    settle(leased, result, now=ledger_clock.now())
    if account is not None and isinstance(result, Reauth):
        refreshing.refused(account_id, account, problem=result.code, now=ledger_clock.now())


def settle(leased: Leased, result: Reconciled | NetworkFault, *, now: datetime) -> None:
    """Write down what a look has shown. That it is there counts whenever it is said, also when its owner has just answered "send it";
    anything else only while the row is ours.
    """
    with transaction():
        delivery = leasing.by_id(leased.id)
        if isinstance(result, Found):
            outcomes.adopt(delivery, Published(result.remote_id, result.url, result.at), now=now)
        elif delivery.lease != leased.lease:
            return
        elif delivery.state != leased.state:
            holding.unlease(delivery)
        elif isinstance(result, Absent):
            absent(delivery, now=now)
        elif isinstance(result, RateLimited):
            delivery.due_at = result.until
            holding.unlease(delivery)
        else:
            _look_later(delivery, now=now)


def absent(delivery: Delivery, *, now: datetime) -> None:
    """Proven: there is no such post. Send it again, unless it is too late, or the network called it a duplicate of another post."""
    if delivery.problem in ("duplicate", "already_posted"):
        move(delivery, "failed", by=None, problem=delivery.problem)
        holding.unlease(delivery)
        telling.did_not_go_out(delivery)
        return
    move(delivery, "queued", by=None, proven="absent")
    holding.unlease(delivery)
    delivery.due_at, delivery.tries = now, delivery.tries + 1
    if now > delivery.latest_at:
        holding.skip(delivery, problem="too_late")
    elif delivery.tries >= pace().tries:
        move(delivery, "failed", by=None, problem=delivery.problem)
        telling.did_not_go_out(delivery)


def _look_later(delivery: Delivery, *, now: datetime) -> None:
    """This look has shown nothing; after the last of the first looks the owner is asked."""
    delivery.looks += 1
    delivery.due_at = pace().next_look(delivery.looks, delivery.sent_at or now, now)
    holding.unlease(delivery)
    if delivery.looks == len(pace().looks):
        telling.asks_owner(delivery)


def _question(delivery: Delivery) -> Question:
    """What was sent, as the network's reader needs it."""
    assert delivery.payload is not None
    assert delivery.sent_at is not None
    prepared = Prepared.from_json(delivery.prepared) if delivery.prepared else Prepared()
    payload, known = Payload.from_json(delivery.payload), _known(delivery, delivery.sent_at)
    return Question(payload=payload, started_at=delivery.sent_at, prepared=prepared, known=known)


def _known(delivery: Delivery, sent_at: datetime) -> frozenset[str]:
    """Posts of the account that other deliveries have made, lately or with the same words: two texts without a link may be the same."""
    others = select(Delivery.remote_id).where(Delivery.user_id == delivery.user_id, Delivery.network == delivery.network)
    alike = or_(Delivery.sent_at > sent_at - ASIDE, Delivery.text_hash == delivery.text_hash)
    made = others.where(Delivery.account_id == delivery.account_id, Delivery.id != delivery.id, alike)
    return frozenset(found for found in session.scalars(made) if found)


def _account(delivery: Delivery) -> Account | None:
    try:
        return accounts.as_value(delivery.account)
    except Refusal:
        return None


def _ask(account_id: uuid.UUID, account: Account | None, question: Question) -> Reconciled | NetworkFault:
    """Ask the network; whatever goes wrong proves nothing."""
    if account is None:
        return Unknown("no_access")
    try:
        account = refreshing.ready(account_id, account)
        return network(account.network).reconcile(account, question)
    except NetworkFault as fault:
        return fault
    except Exception:
        log.exception("a look at %s failed", account.network)
        return Unknown("internal")
