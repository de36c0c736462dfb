"""How fast the ledger moves: every wait and every limit of deliveries on one page. Seconds where nothing else is said."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

HOUR = 3600.0
DAY = 24 * HOUR
NEVER = datetime(9998, 1, 1, tzinfo=UTC)
JITTER = 0.2


@dataclass(frozen=True)
class Pace:
    """`leased` is how long a worker may hold a row before it marks it `sending`, `uploading` the same with pictures.

    `sending` must be longer than `leaves` and the longest wait for an answer together (30 s by the rules of `app.networks.http`): a row
    that is found `sending` after it has no request under way any more. A worker that needs longer than `awake` between the commit of
    `sending` and the request does not send, and a request whose last byte has not left after `leaves` seconds never does. Rows are leased
    `ahead` of their time and marked with a `run_up`: a whole turn of the loop (write down, let leave, take more: some 14 ms) fits into it,
    so nobody's minute passes meanwhile. `slots` is how many rows a process has under way, `patience` how long it keeps a result that the
    database does not take. What was left to us and is `overdue` gets another moment before it leaves: that is longer than a lease, and than
    a fan-out that is due at once takes to be worked off. A smaller distance that it was given from colleagues counts instead, but not less
    than `busy`, which is more than the lateness of a worker that has much to do.
    """

    leased: float = 30
    uploading: float = 180
    sending: float = 60
    awake: float = 10
    leaves: float = 22
    looks: tuple[float, ...] = (60, 300, 1800)
    later_looks: float = 6 * HOUR
    most_looks: int = 31
    back_off: tuple[float, ...] = (30, 120, 600, 1800)
    late_after: float = 2 * HOUR
    overdue: float = 300
    busy: float = 15
    ahead: float = 1.5
    run_up: float = 0.025
    slots: int = 96
    slots_of_one_network: int = 72
    patience: float = 45
    round: float = 60

    @property
    def tries(self) -> int:
        """How often a delivery is tried before it is given up."""
        return len(self.back_off) + 1

    @property
    def longest_wait(self) -> float:
        """The longest that anything waits for its next try, unless a network asks for more."""
        return max(self.back_off) * (1 + JITTER)

    def next_try(self, tries: int, now: datetime, *, after: float | None = None) -> datetime:
        """When to try again after `tries` failures: the back-off or what the network asked for, and up to a fifth more."""
        wait = max(self.back_off[min(tries, len(self.back_off)) - 1], after or 0)
        return now + timedelta(seconds=wait * (1 + random.random() * JITTER))  # noqa: S311 - jitter, not a secret

    def next_look(self, looks: int, sent_at: datetime, now: datetime) -> datetime:
        """When to look again after `looks` looks: the first three on the clock, then a few times a day, for a week."""
        if looks < len(self.looks):
            return max(now, sent_at + timedelta(seconds=self.looks[looks]))
        return now + timedelta(seconds=self.later_looks) if looks < self.most_looks else NEVER


def first_reading(network: str) -> timedelta:
    """How long after its publication a post is counted for the first time; whoever practises wants to see something soon."""
    return timedelta(minutes=1) if network == "practice" else timedelta(hours=1)


_current = Pace()


def pace() -> Pace:
    """The pace of this process."""
    return _current


def use(new: Pace) -> None:
    """Another pace for this process (tests that cannot wait)."""
    global _current  # noqa: PLW0603 - one process has one pace
    _current = new
