"""The faults that can be switched on: which there are, which are waiting, and what each does to an answer."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from itertools import count
from threading import Event, Lock
from typing import Any

INSTEAD_KINDS = frozenset({"html", "nonsense", "nothing", "redirect"})
MADE_KINDS = frozenset({"slow", "drop_after", "cut", "error_after", "no_id"})
WIRE_KINDS = MADE_KINDS | INSTEAD_KINDS | {"status", "drop_before", "drip"}
SWITCH_KINDS = frozenset({"token_lifetime", "media_processing", "ignore_idempotency_key"})


@dataclass
class Fault:
    """One fault. `times` is how often it still happens (None: until it is deleted).

    `method` and `path` (with * as joker) choose the requests, `account` (a user name) the person. `seconds` is the
    wait of slow, of each piece of drip, or before any other fault acts; for token_lifetime the life of new tokens.
    `made`: what was asked is done although html, nonsense, nothing or redirect is the answer.
    """

    kind: str
    times: int | None = 1
    method: str = "POST"
    path: str = "/api/v1/statuses"
    account: str | None = None
    seconds: float = 0
    status: int = 500
    retry_after: int | None = None
    reset_after: float | None = None
    made: bool = False
    polls: int = 1
    fails: bool = False
    id: int = 0


@dataclass(frozen=True)
class Reply:
    """An answer on its way to the wire; with `drip` it leaves in small pieces, that many seconds apart.

    With `cut` the connection ends in the middle of the body. Status 0: no HTTP at all, only the bytes.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    drip: float | None = None
    cut: bool = False


class Faults:
    """The faults that wait for their request, first come first served."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._ids = count(1)
        self._waiting: list[Fault] = []
        self.stopping = Event()

    def add(self, fault: Fault) -> Fault:
        """Let a fault wait; it gets an id."""
        with self._lock:
            fault = replace(fault, id=next(self._ids))
            self._waiting.append(fault)
        return fault

    def listed(self) -> list[dict[str, Any]]:
        """All that wait, with what is left of each."""
        with self._lock:
            return [asdict(fault) for fault in self._waiting]

    def remove(self, fault_id: int | None = None) -> None:
        """Remove one, or all."""
        with self._lock:
            self._waiting = [f for f in self._waiting if fault_id not in (None, f.id)]

    def for_request(self, method: str, path: str, account: str | None) -> Fault | None:
        """Take the first fault of the wire that fits this request."""
        return self._take(
            lambda f: f.kind in WIRE_KINDS and f.method in ("*", method) and fnmatchcase(path, f.path) and f.account in (None, account)
        )

    def switch(self, kind: str, account: str | None) -> Fault | None:
        """Take the first fault of this kind that fits this account."""
        return self._take(lambda f: f.kind == kind and f.account in (None, account))

    def _take(self, fits: Callable[[Fault], bool]) -> Fault | None:
        with self._lock:
            fault = next((f for f in self._waiting if fits(f)), None)
            if fault is not None and fault.times is not None:
                fault.times -= 1
                if fault.times < 1:
                    self._waiting.remove(fault)
            return fault


def misbehave(fault: Fault, do: Callable[[], Reply], *, url: str, faults: Faults, reset: Callable[[float], str]) -> Reply | None:
    """What leaves instead of the true answer; None closes the connection without a byte.

    `do` does what was asked at `url` and gives the true answer: the faults differ in whether they call it.
    """
    if fault.kind == "drip":
        return replace(do(), drip=fault.seconds or 0.05)
    faults.stopping.wait(fault.seconds)
    true = do() if fault.made or fault.kind in MADE_KINDS else None
    if fault.kind in ("drop_before", "drop_after"):
        return None
    if fault.kind in INSTEAD_KINDS:
        return _instead(fault, url)
    return _twisted(fault, true) if true else _bare_status(fault, reset)


def _instead(fault: Fault, url: str) -> Reply:
    """What has nothing to do with what was asked."""
    if fault.kind == "redirect":  # whoever follows it asks for the same once more
        return Reply(307, (("Location", url),), b"")
    if fault.kind == "nonsense":
        return Reply(0, (), bytes(range(256)))
    if fault.kind == "nothing":
        return Reply(200, (("Content-Type", "application/json; charset=utf-8"),), b"")
    return Reply(200, (("Content-Type", "text/html; charset=utf-8"),), b"<!doctype html><title>Hello</title>")


def _twisted(fault: Fault, true: Reply) -> Reply:
    """The true answer, or what is left of it."""
    if fault.kind == "no_id":
        return _without_id(true)
    if fault.kind == "cut":
        return replace(true, cut=True)
    return _json(500, {"error": "Internal Server Error"}) if fault.kind == "error_after" else true


def _bare_status(fault: Fault, reset: Callable[[float], str]) -> Reply:
    reply = _json(fault.status, {"error": "Too many requests" if fault.status == 429 else "Out of order for practice"})
    headers = list(reply.headers)
    if fault.retry_after is not None:
        headers.append(("Retry-After", str(fault.retry_after)))
    if fault.reset_after is not None:
        headers += [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset(fault.reset_after))]
    return replace(reply, headers=tuple(headers))


def _without_id(true: Reply) -> Reply:
    body = json.loads(true.body) if true.status < 300 else None
    if not isinstance(body, dict):
        return true
    return _json(true.status, {key: value for key, value in body.items() if key not in ("id", "uri", "url")})


def _json(status: int, body: dict[str, Any]) -> Reply:
    return Reply(status, (("Content-Type", "application/json; charset=utf-8"),), json.dumps(body).encode())
