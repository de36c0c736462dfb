"""Rate limits as Mastodon shows them: so many calls in each five minutes."""

from collections.abc import Mapping
from datetime import UTC, datetime
from threading import Lock

WINDOW = 300.0


def iso(seconds: float) -> str:
    """ISO 8601 with milliseconds and Z, as in all answers of the API."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Pacing:
    """Counts calls per caller in fixed windows of five minutes; `limit` 0 counts but never refuses."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._lock = Lock()
        self._window = 0
        self._counts: dict[str, int] = {}

    def count(self, caller: str, now: float) -> tuple[bool, Mapping[str, str]]:
        """Count one call: whether it may pass, and the headers that say how many are left."""
        with self._lock:
            window = int(now // WINDOW)
            if window != self._window:
                self._window, self._counts = window, {}
            used = self._counts[caller] = self._counts.get(caller, 0) + 1
        return not self.limit or used <= self.limit, self._headers(used, (window + 1) * WINDOW)

    def _headers(self, used: int, reset: float) -> Mapping[str, str]:
        shown = self.limit or 1500
        return {
            "X-RateLimit-Limit": str(shown),
            "X-RateLimit-Remaining": str(max(0, shown - used)),
            "X-RateLimit-Reset": iso(reset),
        }
