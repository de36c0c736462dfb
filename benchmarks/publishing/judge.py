"""The harness's side of the stub network: it sets what the network does, and reads what the network saw."""

import http.client
import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

from benchmarks.publishing.limits import Settings


@dataclass(frozen=True)
class Arrival:
    """One create request as the network saw it; seconds since 1970."""

    at: float
    account: str
    key: str
    marker: str
    status: int


class Judge:
    """The control route of one stub."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def set(self, **changes: Any) -> None:
        """Latency, limits, faults; all that is not named goes back to nothing."""
        self._ask("POST", "/_control", json.dumps(Settings(**changes).as_json()))

    def counts(self) -> dict[str, Any]:
        """How many create requests came, how many posts were made, how many were over a limit, most in flight."""
        found: dict[str, Any] = self._ask("GET", "/_control")
        return found

    def forget(self) -> None:
        """Start a new record."""
        self._ask("DELETE", "/_control")

    def arrivals(self, start: int = 0) -> list[Arrival]:
        """Every create request since the last `forget`."""
        return [Arrival(*row) for row in self._ask("GET", f"/_control/log?{start}")]

    def close(self) -> None:
        """The stub may end."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> Any:
        self._connection.request(method, path, body)
        return json.loads(self._connection.getresponse().read())


def doubles(arrivals: list[Arrival]) -> int:
    """How many requests were let through for a post that the account had already: judged by its marker, not by the key."""
    seen = Counter((one.account, one.marker) for one in arrivals if one.status == 200)
    return sum(count - 1 for count in seen.values())
