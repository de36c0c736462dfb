"""The rate governor: no request leaves for which a network has no place left, and what waits uses up no try.

Every create request needs a place in the limits of its account, of all of us at its server, and of our application there; it gets all of
them at once or takes none. What a network itself says about waiting comes on top and is kept in PostgreSQL. Redis only counts: when it is
away, everybody waits; when it was emptied, it is filled from the ledger first.
"""

import contextlib
import random
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from app.db import apart
from app.networks.base import Budget, RateLimited
from app.sharing import ledger_clock, meters, rate_pauses, recounting
from app.sharing.meters import Away, Emptied, Meters
from app.sharing.rate_pauses import Paused, paused
from app.sharing.rate_scopes import Ask

__all__ = ["Ask", "Paused", "admit", "give_back", "learn", "pause", "paused"]

# Redis is away: how long a refused ask rests, so that not all come back in the same moment.
WHILE_AWAY = (1.0, 3.0)

Answer = TypeVar("Answer")


class _Busy(Exception):
    """Somebody counts anew; come back in so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def admit(asks: Sequence[Ask], *, now: datetime) -> dict[uuid.UUID, datetime]:
    """Who has to wait, and until when; whoever is missing may go now, and their places are taken. One round trip for all of them.

    Those who wait get one moment after the other, as places come free. Never raises: in doubt, everybody waits.
    """
    if not asks:
        return {}
    keys, question = meters.question(asks)
    try:
        waits = _told(lambda open_: open_.call("admit", keys, question, now=now), now)
    except _Busy as busy:
        return {ask.id: now + timedelta(seconds=busy.seconds * random.uniform(1, 1.2)) for ask in asks}  # noqa: S311 - not a secret
    except Away:
        return {ask.id: now + timedelta(seconds=random.uniform(*WHILE_AWAY)) for ask in asks}  # noqa: S311 - not a secret
    return {ask.id: now + timedelta(milliseconds=wait) for ask, wait in zip(asks, waits, strict=True) if wait}


def give_back(asks: Sequence[Ask], *, now: datetime | None = None) -> None:
    """These were admitted a moment ago and are not sent after all."""
    if not asks:
        return
    keys, question = meters.question(asks)
    _if_possible(lambda open_: open_.call("give_back", keys, question, now=now or ledger_clock.now()), now or ledger_clock.now())


def pause(ask: Ask, fault: RateLimited, *, now: datetime) -> None:
    """The network has told one scope of this ask to wait: remember it for good, and let nobody of that scope go before."""
    held = rate_pauses.remember(ask, fault, now=now)
    _if_possible(lambda open_: _hold(open_, held, now), now)


def learn(ask: Ask, budget: Budget | None, *, now: datetime | None = None) -> None:
    """What a successful answer said is left: a scope without anything left waits until it is counted anew."""
    moment = now or ledger_clock.now()
    if budget is not None and budget.left <= 0 and budget.resets_at > moment:
        pause(ask, RateLimited(budget.resets_at, budget.scope, "nothing left"), now=moment)


def _told(question: Callable[[Meters], Answer], now: datetime) -> Answer:
    """An answer of Redis, filled from the ledger first if need be. Raises Away and _Busy."""
    try:
        return _asked(question, now)
    except Emptied:
        _asked(lambda open_: _recount(open_, now), now)
    try:
        return _asked(question, now)
    except Emptied as error:
        raise _Busy(recounting.SOON) from error


def _asked(question: Callable[[Meters], Answer], now: datetime) -> Answer:
    """An answer of Redis. Raises Away, Emptied."""
    open_ = meters.opened(lambda fresh: _hear(fresh, now))
    try:
        return question(open_)
    except meters.FAILURES as error:
        raise meters.lost(open_, error) from error


def _hear(fresh: Meters, now: datetime) -> None:
    """What networks have said while Redis was away; one that knows nothing at all is filled later."""
    with apart() as own:
        held = rate_pauses.valid(own, now)
    with contextlib.suppress(Emptied):
        _hold(fresh, held, now)


def _recount(open_: Meters, now: datetime) -> None:
    seconds = recounting.recount(open_, now=now)
    if seconds > 0:
        raise _Busy(seconds)


def _hold(open_: Meters, held: Mapping[str, datetime], now: datetime) -> None:
    if not held:
        return
    waits = [(until - now).total_seconds() * 1000 for until in held.values()]
    open_.call("pause", list(held), {**meters.allowed(list(held)), "waits": waits}, now=now)


def _if_possible(question: Callable[[Meters], object], now: datetime) -> None:
    """Tell Redis; when it is away or empty, it will hear from PostgreSQL."""
    with contextlib.suppress(Away, Emptied):
        _asked(question, now)
