"""How the stub network refuses: limits by account, application and server in fixed windows, and faults for a share of the accounts."""

import random
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

Window = tuple[int, float]


@dataclass
class Settings:
    """What a control request can set. Seconds; `limits` is scope -> (requests, window), scopes are account, app and instance.

    `trouble_status` answers every account whose number is below `trouble_share` per cent of a hundred until `trouble_until` (seconds
    since 1970). Of all create requests `dropped` (0 to 1) lose their answer, after the post was made when `dropped_after`.
    """

    latency: float = 0.0
    limits: dict[str, Window] = field(default_factory=dict)
    tells: bool = True
    keeps_keys: bool = True
    trouble_status: int = 503
    trouble_share: int = 0
    trouble_until: float = 0.0
    trouble_after: int = 0
    dropped: float = 0.0
    dropped_after: bool = True

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Refusal:
    """An answer that is no post."""

    status: int
    headers: dict[str, str]


class Gate:
    """Counts what comes, and says no."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.over = 0
        self.used: dict[str, int] = {}
        self._counts: dict[tuple[str, str, int], int] = {}

    def judge(self, account: str, host: str, now: float) -> Refusal | None:
        """Whether this create request is refused; one that is let through has been counted against every limit."""
        trouble = self._trouble(account, now)
        if trouble:
            return trouble
        cells = [(scope, self._cell(scope, account, host, now)) for scope in self.settings.limits]
        for scope, cell in cells:
            allowed, seconds = self.settings.limits[scope]
            if self._counts.get(cell, 0) >= allowed:
                self.over += 1
                return Refusal(429, self._words(allowed, 0, (cell[2] + 1) * seconds, now))
        for scope, cell in cells:
            self._counts[cell] = self._counts.get(cell, 0) + 1
            self.used[scope] = self.used.get(scope, 0) + 1
        return None

    def remaining(self, account: str, host: str, now: float) -> dict[str, str]:
        """What is left for this account, as the headers of a good answer."""
        limit = self.settings.limits.get("account")
        if not limit or not self.settings.tells:
            return {}
        allowed, seconds = limit
        cell = self._cell("account", account, host, now)
        return self._remaining(allowed, allowed - self._counts.get(cell, 0), (cell[2] + 1) * seconds)

    def drops(self) -> bool:
        """Whether this answer gets lost."""
        return self.settings.dropped > 0 and random.random() < self.settings.dropped  # noqa: S311 - a fault, not a secret

    def _trouble(self, account: str, now: float) -> Refusal | None:
        if now >= self.settings.trouble_until or int(account) % 100 >= self.settings.trouble_share:
            return None
        after = self.settings.trouble_after
        words = {"Retry-After": str(after), **self._remaining(300, 0, now + after)} if after else {}
        return Refusal(self.settings.trouble_status, words)

    def _cell(self, scope: str, account: str, host: str, now: float) -> tuple[str, str, int]:
        subject = {"account": account, "instance": host}.get(scope, "")
        return scope, subject, int(now // self.settings.limits[scope][1])

    def _words(self, allowed: int, left: int, reset: float, now: float) -> dict[str, str]:
        if not self.settings.tells:
            return {}
        return {"Retry-After": str(max(1, int(reset - now) + 1)), **self._remaining(allowed, left, reset)}

    def _remaining(self, allowed: int, left: int, reset: float) -> dict[str, str]:
        moment = datetime.fromtimestamp(reset, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {"X-RateLimit-Limit": str(allowed), "X-RateLimit-Remaining": str(left), "X-RateLimit-Reset": moment}


def now() -> float:
    """Seconds since 1970."""
    return time.time()
