"""What the network does wrong: its names, its greeting, its answers."""

import random
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

from tests.faults import breaking, haste
from tests.faults.front import BADLY, WELL, Front
from tests.faults.ground import Ground

# By what is said of an answer: the fault of the practice network that makes it so.
ANSWERS: dict[str, dict[str, Any]] = {
    "dropped before it is made": {"kind": "drop_before"},
    "dropped after it is made": {"kind": "drop_after"},
    "500 after it is made": {"kind": "error_after"},
    "cut after it is made": {"kind": "cut"},
    "without an id": {"kind": "no_id"},
    "a page": {"kind": "html"},
    "a page, and made": {"kind": "html", "made": True},
    "nonsense": {"kind": "nonsense"},
    "nonsense, and made": {"kind": "nonsense", "made": True},
    "nothing": {"kind": "nothing"},
    "nothing, and made": {"kind": "nothing", "made": True},
    "a redirect": {"kind": "redirect"},
    "slow": {"kind": "slow", "seconds": 2},
    "in drips": {"kind": "drip"},
    "500": {"kind": "status", "status": 500},
    "503": {"kind": "status", "status": 503},
    "429 with seconds": {"kind": "status", "status": 429, "retry_after": 2},
    "429 with a moment": {"kind": "status", "status": 429, "reset_after": 2},
    "429 without a time": {"kind": "status", "status": 429, "times": 2},
}
REFRESHES = ("dropped before it is made", "dropped after it is made", "a page", "slow", "503")
PATHS = ("/api/v1/statuses", "/api/v1/statuses", "/api/v2/media", "/api/v1/accounts/*")
# Longer than this nobody's tries last.
LONGEST = 6.0


class Wire:
    """Breaks what lies between the workers and a network behind a front."""

    def __init__(self, ground: Ground, front: Front, by: random.Random, *, longest: float) -> None:
        self._ground, self._front, self._random, self._longest = ground, front, by, min(longest, LONGEST)

    def ways(self, accounts: Sequence[uuid.UUID]) -> dict[str, Callable[[], object]]:
        """All of them, by name; `accounts` may lose their tokens."""
        return {
            **{f"answer: {name}": partial(self._answer, facts) for name, facts in ANSWERS.items()},
            **{f"network {manner}": partial(self._for_a_while, self._badly(manner)) for manner in BADLY},
            "answers to refreshes": lambda: self._refreshes(accounts),
            "names unknown": lambda: self._for_a_while(self._nameless()),
            "network stalled": self._stall,
            "tokens ended": lambda: end_tokens(self._ground, self._random.sample(accounts, 3), refresh_too=self._random.random() < 0.5),
        }

    def _answer(self, facts: dict[str, Any]) -> None:
        path = self._random.choice(PATHS)
        method = "GET" if path.endswith("*") else "POST"
        self._ground.judge.fault(**{"method": method, "path": path, "times": self._random.randint(1, 10), **facts})

    def _refreshes(self, accounts: Sequence[uuid.UUID]) -> None:
        """What is lost there is lost for good: those accounts wait for their owners."""
        facts = ANSWERS[self._random.choice(REFRESHES)]
        self._ground.judge.fault(**facts, path="/oauth/token", times=self._random.randint(1, 3))
        end_tokens(self._ground, self._random.sample(accounts, min(10, len(accounts))))

    def _for_a_while(self, broken: Any) -> None:
        with broken:
            time.sleep(self._random.uniform(1, self._longest))

    @contextmanager
    def _badly(self, manner: str) -> Iterator[None]:
        self._front.manner = manner
        self._front.hang_up()
        try:
            yield
        finally:
            self._front.manner = WELL

    @contextmanager
    def _nameless(self) -> Iterator[None]:
        self._ground.lost_name.write_text(self._front.name)
        self._front.hang_up()
        try:
            yield
        finally:
            self._ground.lost_name.write_text("")

    def _stall(self) -> None:
        """For less than anybody waits for an answer: what it takes in meanwhile it makes in time."""
        with breaking.stalled_network(self._ground):
            time.sleep(self._random.uniform(1, haste.READ_SECONDS - 2))


def end_tokens(ground: Ground, accounts: Sequence[uuid.UUID], *, refresh_too: bool = False) -> None:
    """A network has ended somebody's access before its time: what cannot be renewed waits for its owner."""
    found = ground.ask("SELECT handle FROM connected_accounts WHERE id = ANY (%(ids)s)", {"ids": list(accounts)})
    for [handle] in found:
        ground.judge.fault("expire_tokens", account=handle.split("@")[1], refresh_too=refresh_too)
