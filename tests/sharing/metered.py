"""For tests of the rate governor: a network with given limits, a strict judge of what reaches it, and asks."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from app.networks.base import Rate, Rates
from app.sharing import networks
from app.sharing.governor import Ask

HOST = "social.example"
START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)


@contextmanager
def allowing(**given: Rate | Sequence[Rate]) -> Iterator[None]:
    """Mastodon allows this, and nothing else is limited."""
    rates = Rates(**{scope: (found,) if isinstance(found, Rate) else tuple(found) for scope, found in given.items()})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(networks.network("mastodon"), "rates", lambda host="": rates)
        yield


def ask(account: uuid.UUID | None = None, *, host: str = HOST, pictures: int = 0, network: str = "mastodon") -> Ask:
    """One planned request, of somebody else each time."""
    return Ask(uuid.uuid4(), network, host, account or uuid.uuid4(), pictures)


class Judge:
    """Counts what reaches the network, and knows what it would have refused."""

    def __init__(self) -> None:
        self.seen: dict[str, list[float]] = defaultdict(list)

    def arrive(self, at: float, *scopes: str) -> None:
        """One request at a moment, in seconds."""
        for scope in scopes:
            self.seen[scope].append(at)

    def most(self, scope: str, seconds: float) -> int:
        """The most that any rolling window of so many seconds has held; fixed windows are among them."""
        times, most, first = sorted(self.seen[scope]), 0, 0
        for number, at in enumerate(times):
            while at - times[first] >= seconds:
                first += 1
            most = max(most, number - first + 1)
        return most

    def longest_silence(self, scope: str) -> float:
        """The longest time between two requests, in seconds."""
        return max(later - earlier for earlier, later in pairwise(sorted(self.seen[scope])))
