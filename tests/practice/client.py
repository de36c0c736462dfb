"""A person with a token who talks to the practice network over real HTTP, and a trainer who switches its faults."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from app.practice.server import Running

CALLBACK = "http://127.0.0.1:9/callback"
VERIFIER = "v" * 50
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
SCOPES = "profile read:statuses write:statuses write:media"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d0000000f49444154789c63f8cf0007180c003af005fb"
    "4d4bb6510000000049454e44ae426082"
)


@dataclass
class Person:
    """Somebody's account and token. Every call is a connection of its own."""

    network: Running
    facts: dict[str, Any]

    def call(self, method: str, path: str, **values: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.facts['access_token']}", **values.pop("headers", {})}
        return requests.request(method, self.network.url + path, headers=headers, timeout=values.pop("timeout", 10), **values)

    def post(self, text: str, *, key: str | None = None, **values: Any) -> requests.Response:
        headers = {"Idempotency-Key": key} if key else {}
        timeout = values.pop("timeout", 10)
        return self.call("POST", "/api/v1/statuses", json={"status": text, **values}, headers=headers, timeout=timeout)

    def upload(self, data: bytes = PNG, **form: str) -> requests.Response:
        return self.call("POST", "/api/v2/media", files={"file": ("a.png", data, "image/png")}, data=form)


@dataclass
class Trainer:
    """Uses the control API."""

    network: Running

    def call(self, method: str, path: str, **values: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.network.control_token}"}
        answer = requests.request(method, f"{self.network.url}/_practice{path}", headers=headers, timeout=10, **values)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, kind: str, **values: Any) -> Any:
        return self.call("PUT", "/faults", json={"kind": kind, **values})

    def texts(self, account: str) -> list[str]:
        """What really exists of one account."""
        return [status["text"] for status in self.call("GET", "/statuses", params={"account": account})]

    def person(self, name: str, **values: Any) -> Person:
        return Person(self.network, self.call("POST", "/accounts", json={"name": name, **values}))


@dataclass
class Walk:
    """The way through OAuth, step by step, as an app and a browser take it."""

    network: Running
    app: dict[str, Any]

    @classmethod
    def begin(cls, network: Running, scopes: str = SCOPES) -> "Walk":
        body = {"client_name": "Outspoken", "redirect_uris": [CALLBACK], "scopes": scopes, "website": "https://example.com"}
        answer = requests.post(f"{network.url}/api/v1/apps", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return cls(network, answer.json())

    def asked(self, **changes: str | None) -> dict[str, str]:
        asked = {
            "response_type": "code",
            "client_id": self.app["client_id"],
            "redirect_uri": CALLBACK,
            "scope": SCOPES,
            "state": "s t&1",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in {**asked, **changes}.items() if value is not None}

    def page(self, **changes: str | None) -> requests.Response:
        return requests.get(f"{self.network.url}/oauth/authorize", params=self.asked(**changes), timeout=10)

    def decide(self, decision: str = "allow", name: str = "Edda", **changes: str | None) -> dict[str, str]:
        """What the browser brings back to the callback."""
        form = {**self.asked(**changes), "name": name, "decision": decision}
        answer = requests.post(f"{self.network.url}/oauth/authorize", data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        assert answer.headers["Location"].startswith(CALLBACK)
        return {key: value for key, [value] in parse_qs(urlsplit(answer.headers["Location"]).query).items()}

    def token(self, **changes: str | None) -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "client_id": self.app["client_id"],
            "client_secret": self.app["client_secret"],
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        given = {name: value for name, value in {**form, **changes}.items() if value is not None}
        return requests.post(f"{self.network.url}/oauth/token", data=given, timeout=10)
