"""One stretch of a worker's work: lease what is due, get it ready, send side by side, write down together, until nothing is due.

The round's own thread leases, marks as `sending` and records, many rows at a time; the threads of the pool call the networks, one row each.
"""

import logging
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Event
from typing import TypeVar

from sqlalchemy.exc import SQLAlchemyError

from app import nudges
from app.logs import about
from app.sharing import admission, leasing, ledger_clock, looking_after, orders, recording, sending
from app.sharing.leasing import Leased
from app.sharing.orders import Order
from app.sharing.pace import pace
from app.sharing.recording import Result

log = logging.getLogger(__name__)

Item = TypeVar("Item")
LOOK_EVERY = 0.2
GATHER = 0.01
BREATH = 0.5


class Round:
    """One stretch of work: until nothing is due, or its time is over.

    `hands` has, by network, the leases that are in our care; only the loop's own thread counts. A row may be among them twice, when its
    first lease ended before its minute (we were suspended, or the clock was stepped). What the threads of the pool have to say lies in
    the three queues.
    """

    def __init__(self, poke: Event, stopping: Event) -> None:
        self._poke, self._stopping = poke, stopping
        self.hands: Counter[str] = Counter()
        self.waiting: list[Order] = []
        self.ready: deque[Order] = deque()
        self.sent: deque[Result] = deque()
        self.finished: deque[Leased] = deque()
        self.worked = 0
        self._end = time.monotonic() + pace().round
        self._asked_for_help = 0.0

    def work(self) -> int:
        """Returns how many rows were worked on. The pool is shut down only when all of its rows are written down."""
        with ThreadPoolExecutor(pace().slots, thread_name_prefix="deliver") as self.pool:
            while True:
                self._poke.clear()
                took = self._turn()
                if not took and not self.hands.total():
                    return self.worked
                if not took:
                    self._poke.wait(self._pause())
                    time.sleep(self.gathering())

    def gathering(self) -> float:
        """For how long to wait when many rows are under way and few have come back: then more can be written down at once.

        Rows that only wait for their minute are not under way, and none of them leaves later because of it.
        """
        under_way = self.hands.total() - len(self.waiting) - len(self.ready)
        return min(GATHER, self._pause()) if under_way > 4 * max(len(self.sent), 2) else 0.0

    def _turn(self) -> bool:
        """Write down, let leave, take more; whatever the database does not do now is tried again while rows are in our care."""
        try:
            self._record()
            self._let_leave()
            self.hands.subtract(one.network for one in _drain(self.finished))
            return self._take()
        except SQLAlchemyError:
            self.hands.subtract(one.network for one in _drain(self.finished))
            if not self.hands.total():
                raise
            log.warning("the database does not answer; %s deliveries wait for it", self.hands.total(), exc_info=True)
            time.sleep(BREATH)
            return False

    def _take(self) -> bool:
        """Lease as many rows as hands are free, but not one by one: a statement for each would cost more than the waiting."""
        free = pace().slots - self.hands.total()
        if self._stopping.is_set() or time.monotonic() > self._end or free < pace().slots // 4:
            return False
        full = [network for network, busy in self.hands.items() if busy >= pace().slots_of_one_network]
        leased = leasing.lease_due(limit=free, full=full)
        self.hands.update(one.network for one in leased)
        self.worked += len(leased)
        if len(leased) == free:
            self._ask_for_help()
        queued = [one for one in leased if one.state == "queued"]
        for one in leased:
            if one.state != "queued":
                self.pool.submit(self._look_after, one)
        if queued:
            self._get_ready(queued)
        return bool(leased)

    def _get_ready(self, queued: list[Leased]) -> None:
        """Make orders of rows, all at once; those that must ask their network first do so in threads."""
        now = ledger_clock.now()
        try:
            taken = orders.take(queued, now=now)
            free = self._admitted(taken, uploading=True)
        except SQLAlchemyError:
            self.finished.extend(queued)
            raise
        ordered = {order.leased for order in taken}
        self.finished.extend(one for one in queued if one not in ordered)
        for order in free:
            if order.asks_network(now):
                self.pool.submit(self._prepare, order)
            else:
                self._prepare(order)

    def _admitted(self, asking: list[Order], *, uploading: bool) -> list[Order]:
        """Those for which the networks have a place, pictures before they are uploaded; the others wait until there is one."""
        free, waits = admission.ask(asking, uploading=uploading, now=ledger_clock.now())
        recording.put_off(waits, problem="rate_limited")
        self.finished.extend(waits)
        return free

    def _prepare(self, order: Order) -> None:
        """An error of the database leaves the row leased: it is found again when the lease has ended."""
        made = None
        try:
            made = sending.made_ready(order)
        except SQLAlchemyError:
            log.warning("delivery %s could not be got ready", order.leased.id, exc_info=True)
        if made is None:
            self.finished.append(order.leased)
        else:
            self.ready.append(made)
        self._poke.set()

    def _let_leave(self) -> None:
        """Mark all whose minute has come as `sending`, in one transaction, and hand each to a thread of its own."""
        self.waiting += _drain(self.ready)
        self._leave_behind()
        horizon = ledger_clock.now() + timedelta(seconds=pace().run_up)
        leaving = [order for order in self.waiting if order.leased.due_at <= horizon]
        if not leaving:
            return
        free = self._admitted(leaving, uploading=False)
        self.waiting = [order for order in self.waiting if order.leased.due_at > horizon]
        if free:
            self._begin(free)

    def _begin(self, leaving: list[Order]) -> None:
        """An error of the database leaves them to the next turn: what has become `sending` all the same is then not ours any more."""
        try:
            departure = sending.begin(leaving, now=ledger_clock.now())
        except SQLAlchemyError:
            self.waiting += leaving
            raise
        for order in departure.going:
            self.pool.submit(self._send, order)
        going = {order.leased for order in departure.going}
        behind = [order for order in leaving if order.leased not in going]
        self.finished.extend(order.leased for order in behind)
        admission.give_back(behind)
        sending.stay(departure, now=ledger_clock.now())

    def _leave_behind(self) -> None:
        """Let go of what has not left when we are asked to stop, and of what is suddenly due much later: the clock has gone back."""
        far = ledger_clock.now() + timedelta(seconds=2 * pace().ahead)
        behind = [order for order in self.waiting if self._stopping.is_set() or order.leased.due_at > far]
        if behind:
            leases = {order.leased for order in behind}
            leasing.let_go(list(leases))
            self.waiting = [order for order in self.waiting if order.leased not in leases]
            self.finished.extend(leases)
            admission.give_back(behind)

    def _send(self, order: Order) -> None:
        with about(order.leased.id):
            _sleep_until(order.leased.due_at)
            outcome = sending.publish(order)
            self.sent.append((order, outcome))
            admission.hear(order, outcome)
        self._poke.set()

    def _record(self) -> None:
        """Write down what has come back; what the database would not take stays for the next turn, for as long as it may matter."""
        results = _drain(self.sent)
        if not results:
            return
        again = recording.record(results, now=ledger_clock.now())
        kept = [one for one in again if _may_matter(one[0], ledger_clock.now())]
        left = {order.leased for order, _outcome in kept}
        self.sent.extend(kept)
        self.finished.extend(order.leased for order, _outcome in results if order.leased not in left)
        if kept:
            time.sleep(BREATH)

    def _look_after(self, leased: Leased) -> None:
        looking_after.work(leased)
        self.finished.append(leased)
        self._poke.set()

    def _ask_for_help(self) -> None:
        """There is more than one process can carry: another worker may be idle."""
        if time.monotonic() - self._asked_for_help > BREATH:
            self._asked_for_help = time.monotonic()
            nudges.deliver()

    def _pause(self) -> float:
        """Until the next order's minute, or for a moment."""
        soonest = min((order.leased.due_at for order in self.waiting), default=None)
        if soonest is None:
            return LOOK_EVERY
        return min(LOOK_EVERY, max(0.0, (soonest - ledger_clock.now()).total_seconds() - pace().run_up))


def _drain(queue: deque[Item]) -> list[Item]:
    """All that lies in the queue now."""
    return [queue.popleft() for _ in range(len(queue))]


def _may_matter(order: Order, now: datetime) -> bool:
    """Whether an unwritten result is still worth waiting for: after a while its row is reconciled with the network anyway."""
    return order.sent_at is not None and now - order.sent_at < timedelta(seconds=pace().patience)


def _sleep_until(due_at: datetime) -> None:
    """Rows are marked a moment ahead, so that they leave within milliseconds of their time; a clock that goes back makes it no longer."""
    time.sleep(min(max(0.0, (due_at - ledger_clock.now()).total_seconds()), pace().run_up))
