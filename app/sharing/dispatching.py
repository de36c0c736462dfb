"""The loop that keeps a worker busy: lease what is due, work on it side by side, until nothing is due.

One loop runs in a process, however many messages ask for one; several processes share the rows by their leases.
"""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Lock

from app import clock
from app.sharing import leasing, reconciling, removals, sending
from app.sharing.leasing import Leased
from app.sharing.pace import pace

log = logging.getLogger(__name__)

LOOK_EVERY = 0.2
_turn = Lock()
_poke = Event()
_stopping = Event()


def run() -> int:
    """Work until nothing is due; returns how many rows were worked on. While a loop runs here already it is only poked."""
    worked = 0
    _poke.set()
    while _poke.is_set() and not _stopping.is_set() and _turn.acquire(blocking=False):
        try:
            worked += _round()
        finally:
            _turn.release()
    return worked


def start() -> None:
    """Take work again after `stop`."""
    _stopping.clear()


def stop() -> None:
    """Take nothing new; what is on its way is finished and written down."""
    _stopping.set()
    _poke.set()


def _round() -> int:
    """Lease and work until nothing is due, or a minute is over: then other tasks of this process have their turn."""
    busy: set[Future[None]] = set()
    worked, end = 0, time.monotonic() + pace().round
    with ThreadPoolExecutor(pace().slots, thread_name_prefix="deliver") as pool:
        while True:
            _poke.clear()
            leased = _lease(len(busy), end)
            for one in leased:
                future = pool.submit(work, one)
                busy.add(future)
                future.add_done_callback(lambda _: _poke.set())
            worked += len(leased)
            busy = {future for future in busy if not future.done()}
            if not busy and not leased:
                return worked
            _poke.wait(LOOK_EVERY)


def _lease(busy: int, end: float) -> list[Leased]:
    """As many rows as hands are free, but not one by one: a statement for each would cost more than the waiting."""
    free = pace().slots - busy
    if _stopping.is_set() or time.monotonic() > end or free < pace().slots // 4:
        return []
    return leasing.lease_due(limit=free, now=clock.now())


def work(leased: Leased) -> None:
    """One row, by its state. An error of ours leaves the row leased: it is found again when the lease has ended."""
    try:
        if leased.state == "queued":
            sending.deliver(leased)
        elif leased.state == "sending":
            reconciling.give_up_sending(leased, now=clock.now())
        elif leased.state == "unconfirmed":
            reconciling.look(leased)
        else:
            removals.remove(leased)
    except Exception:
        log.exception("delivery %s: %s could not be finished; it is looked at again when its lease ends", leased.id, leased.state)
