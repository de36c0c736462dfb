"""The practice network in a process of its own, which is the judge: what exists there is what was posted."""

from collections.abc import Iterable
from typing import Any

import requests

from tests.sharing.builders import Control

PAGE = 40


class Judge(Control):
    """The practice network from behind. It keeps no idempotency keys: nothing but our own care stands between a crash and a double."""

    def __init__(self, port: int, token: str) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self.url = f"{self.base}/_practice"
        self.headers = {"Authorization": f"Bearer {token}"}
        self._client_id, self._session = "", requests.Session()

    def account(self, name: str) -> dict[str, Any]:
        """An account with a token; all of them gave it to the same application of ours."""
        made: dict[str, Any] = self._ask("POST", "/accounts", json={"name": name, "client_id": self._client_id})
        self._client_id = made["client_id"]
        return made

    def calm(self) -> None:
        """No fault any more but the one that is always there."""
        self.well_again()
        self.fault("ignore_idempotency_key")

    def trouble(self) -> list[dict[str, Any]]:
        """The faults whose request has not come yet."""
        return [one for one in self.waiting() if one["kind"] != "ignore_idempotency_key"]

    def answers(self) -> bool:
        """Whether it runs."""
        try:
            return self.waiting() is not None
        except requests.RequestException:
            return False

    def posts(self, *, since: float = 0) -> list[dict[str, Any]]:
        """What exists, each with the key that begins with the id of its delivery; `since` (seconds since 1970) leaves out older ones."""
        found: list[dict[str, Any]] = self._ask("GET", f"/statuses?after={int(since * 1000) << 16}")
        return found

    def pictures(self, ids: Iterable[str]) -> dict[str, int]:
        """How many pictures hang on each of these posts, as everybody sees them."""
        wanted, found = list(ids), dict[str, int]()
        for at in range(0, len(wanted), PAGE):
            page = [("id[]", one) for one in wanted[at : at + PAGE]]
            answer = requests.get(f"{self.base}/api/v1/statuses", params=page, timeout=60)
            answer.raise_for_status()
            found |= {status["id"]: len(status["media_attachments"]) for status in answer.json()}
        return found

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = self._session.request(method, self.url + path, headers=self.headers, timeout=60, **options)
        answer.raise_for_status()
        return answer.json()
