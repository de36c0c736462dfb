"""What time it is for the networks, which know nothing of the rest of the product."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

_BOOTTIME = getattr(time, "CLOCK_BOOTTIME", None)


class _Source:
    """Who says what time it is: this machine, until it is told whom to follow."""

    now: Callable[[], datetime] = staticmethod(lambda: datetime.now(UTC))


def follow(source: Callable[[], datetime]) -> None:
    """From now on the networks' time is this one's: what a server says about waiting, and how long tokens last, is measured by it."""
    _Source.now = staticmethod(source)


def utc_now() -> datetime:
    """The moment, aware and UTC."""
    return _Source.now()


def steady() -> float:
    """Seconds of this machine's steady clock, which knows no steps. On Linux the time for which it was suspended counts, too."""
    return time.monotonic() if _BOOTTIME is None else time.clock_gettime(_BOOTTIME)
