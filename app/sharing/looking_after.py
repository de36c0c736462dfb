"""Rows that are not sent but looked after: given up by a dead worker, unconfirmed, or to be taken back."""

import logging

from app.logs import about
from app.sharing import ledger_clock, reconciling, removals
from app.sharing.leasing import Leased

log = logging.getLogger(__name__)


def work(leased: Leased) -> None:
    """One row that is not sent but looked after. An error of ours leaves it leased: it is found again when the lease has ended."""
    with about(leased.id):
        try:
            if leased.state == "sending":
                reconciling.give_up_sending(leased, now=ledger_clock.now())
            elif leased.state == "unconfirmed":
                reconciling.look(leased)
            else:
                removals.remove(leased)
        except Exception:
            log.exception("delivery %s: %s could not be finished; it is looked at again when its lease ends", leased.id, leased.state)
