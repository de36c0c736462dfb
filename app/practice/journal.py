"""What was asked of us, for judging from the outside; tokens and bodies are never kept."""

from collections import deque
from threading import Lock
from typing import Any

KEPT = 5000


class Journal:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=KEPT)

    def note(self, **entry: Any) -> None:
        """Add one line."""
        with self._lock:
            self._entries.append(entry)

    def read(self, *, method: str | None = None, path: str | None = None) -> list[dict[str, Any]]:
        """All lines, or those of one method and one exact path."""
        with self._lock:
            entries = list(self._entries)
        return [e for e in entries if method in (None, e["method"]) and path in (None, e["path"])]

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
