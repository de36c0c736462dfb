"""How often one address and one account may try. Counted in Redis by the limiter that the pages use."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter, RateLimiter

from app.errors import Refusal, _

log = logging.getLogger(__name__)

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = parse("10/15 minutes")
PER_ADDRESS = parse("50/15 minutes")
MAILS_PER_ACCOUNT = parse("3/15 minutes")
MAILS_PER_ADDRESS = parse("20/15 minutes")

# When Redis is away, each process counts for itself: stricter than not counting, and nobody is locked out.
_own = FixedWindowRateLimiter(MemoryStorage())


class TooOften(Refusal):
    """Wait; nothing was tried."""

    status = 429


def count(limiter: RateLimiter, limit: RateLimitItem, *key: str) -> None:
    """Count one try of this kind; raises TooOften when that is one too many."""
    _decide(_asked(limiter, lambda counter: counter.hit(limit, *key)))


def check(limiter: RateLimiter, limit: RateLimitItem, *key: str) -> None:
    """Raise TooOften when no more tries of this kind are free; counts nothing."""
    _decide(_asked(limiter, lambda counter: counter.test(limit, *key)))


def forgive(limiter: RateLimiter, limit: RateLimitItem, *key: str) -> None:
    """Forget the tries of this kind, because this one was right."""
    _asked(limiter, lambda counter: counter.clear(limit, *key))


Answer = TypeVar("Answer")


def _asked(limiter: RateLimiter, question: Callable[[RateLimiter], Answer]) -> Answer:
    try:
        return question(limiter)
    except Exception:
        log.warning("the throttle cannot reach Redis; this process counts for itself", exc_info=True)
        return question(_own)


def _decide(free: bool) -> None:
    if not free:
        minutes = int(WINDOW.total_seconds() // 60)
        raise TooOften(_("Too many tries. Wait %(minutes)s minutes and try again; your account is safe.", minutes=minutes))
