"""Asking the rate governor for orders, and telling it what networks have said."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.networks.base import Published, RateLimited
from app.sharing import governor, ledger_clock
from app.sharing.governor import Ask
from app.sharing.leasing import Leased
from app.sharing.orders import Order
from app.sharing.outcomes import Outcome

log = logging.getLogger(__name__)


def ask(asking: Sequence[Order], *, uploading: bool, now: datetime) -> tuple[list[Order], dict[Leased, datetime]]:
    """Those that may go on, in their order, and until when each of the others waits.

    An order takes its places once: before its pictures are uploaded, or else before it leaves.
    """
    needs = [one for one in asking if not one.admitted and (not uploading or one.uploads)]
    waits = governor.admit([_ask(one) for one in needs], now=now)
    admitted = {one.leased.id for one in needs} - waits.keys()
    free = [replace(one, admitted=True) if one.leased.id in admitted else one for one in asking if one.leased.id not in waits]
    return free, {one.leased: waits[one.leased.id] for one in needs if one.leased.id in waits}


def give_back(orders: Sequence[Order]) -> None:
    """These did not leave after all."""
    governor.give_back([_ask(one) for one in orders if one.admitted])


def hear(order: Order, outcome: Outcome) -> None:
    """What the network has said about waiting holds for all of us. Never raises: it is said again to the next one."""
    try:
        if isinstance(outcome, RateLimited):
            governor.pause(_ask(order), outcome, now=ledger_clock.now())
        elif isinstance(outcome, Published):
            governor.learn(_ask(order), outcome.budget, now=ledger_clock.now())
    except Exception:
        log.warning("what %s said about waiting could not be kept", order.account.network, exc_info=True)


def _ask(order: Order) -> Ask:
    return Ask(order.leased.id, order.account.network, order.account.host, order.account_id, pictures=order.uploads)
