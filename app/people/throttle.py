"""How often one address and one account may try. Counted in Redis by the limiter that the pages use."""

import logging
from datetime import timedelta

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
    try:
        free = limiter.hit(limit, *key)
    except Exception:
        log.warning("the throttle cannot reach Redis; this process counts for itself", exc_info=True)
        free = _own.hit(limit, *key)
    if not free:
        minutes = int(WINDOW.total_seconds() // 60)
        raise TooOften(_("Too many tries. Wait %(minutes)s minutes and try again; your account is safe.", minutes=minutes))


def forgive(limiter: RateLimiter, limit: RateLimitItem, *key: str) -> None:
    """Forget the tries of this kind, because this one was right."""
    try:
        limiter.clear(limit, *key)
    except Exception:
        log.warning("the throttle cannot reach Redis", exc_info=True)
        _own.clear(limit, *key)
