"""Taking back: a worker deletes the post at its network, makes sure that it is gone, and only then says so."""

import logging
import uuid
from datetime import datetime

from app.audit.moves import move
from app.db import transaction
from app.networks.base import (
    Account,
    AccountBlocked,
    AlreadyGone,
    Config,
    Gone,
    NetworkFault,
    Permanent,
    RateLimited,
    Reauth,
    Retryable,
)
from app.sharing import accounts, holding, leasing, ledger_clock, refreshing, telling
from app.sharing.account_models import AccountState
from app.sharing.leasing import Leased
from app.sharing.models import Delivery
from app.sharing.networks import network
from app.sharing.pace import pace

log = logging.getLogger(__name__)

GIVE_UP_AFTER = 8


def remove(leased: Leased) -> None:
    """Delete one published post whose owner asked for it; repeating is harmless."""
    with transaction():
        delivery = leasing.locked(leased)
        if delivery is None or delivery.removal_asked_at is None or delivery.remote_id is None:
            return
        if delivery.account.state != AccountState.CONNECTED:
            _give_up(delivery, problem="account_disconnected")
            return
        account_id, account, remote_id = delivery.account_id, accounts.as_value(delivery.account), delivery.remote_id
    fault = _delete(account_id, account, remote_id)
    settle(leased, fault, now=ledger_clock.now())
    if isinstance(fault, (Reauth, AccountBlocked)):
        refreshing.refused(account_id, account, problem=fault.code, now=ledger_clock.now())


def settle(leased: Leased, fault: NetworkFault | None, *, now: datetime) -> None:
    """Write down how it went: gone, later again, or the owner has to do it."""
    with transaction():
        delivery = leasing.locked(leased)
        if delivery is None:
            return
        if fault is None:
            gone(delivery, by=delivery.user_id, now=now)
        elif isinstance(fault, RateLimited):
            _later(delivery, until=fault.until)
        elif isinstance(fault, (Permanent, Config, Reauth, AccountBlocked)) or delivery.looks + 1 >= GIVE_UP_AFTER:
            _give_up(delivery, problem=fault.code)
        else:
            delivery.looks += 1
            _later(delivery, until=pace().next_try(delivery.looks, now, after=getattr(fault, "after", None)))


def gone(delivery: Delivery, *, by: uuid.UUID | None, now: datetime, problem: str | None = None) -> None:
    """The post is not there any more. The delivery is locked."""
    move(delivery, "removed", by=by)
    delivery.removed_at, delivery.removal_asked_at, delivery.reading_due_at = now, None, None
    delivery.problem, delivery.problem_detail = problem, None
    holding.unlease(delivery)


def _delete(account_id: uuid.UUID, account: Account, remote_id: str) -> NetworkFault | None:
    """None when the post is certainly gone."""
    try:
        account = refreshing.ready(account_id, account)
        where = network(account.network)
        if isinstance(where.delete(account, remote_id), AlreadyGone) or not where.capabilities().metrics:
            return None
        seen = where.metrics(account, [remote_id]).get(remote_id)
        return None if isinstance(seen, Gone) else Retryable("still_there")
    except NetworkFault as fault:
        return fault
    except Exception as error:
        log.exception("a post could not be deleted at %s", account.network)
        return Retryable("internal", type(error).__name__)


def _later(delivery: Delivery, *, until: datetime) -> None:
    delivery.due_at = until
    holding.unlease(delivery)


def _give_up(delivery: Delivery, *, problem: str) -> None:
    """The owner has to delete it there."""
    delivery.removal_asked_at, delivery.problem = None, problem
    holding.unlease(delivery)
    telling.not_taken_back(delivery)
