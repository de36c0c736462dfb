"""The short links ahead of the framework: a small WSGI callable that answers what it knows, and hands on everything else.

It keeps where links lead, bounded and for a minute, so that the usual redirect asks no database. It sets no cookie, reads no address of
anybody and leads only to web addresses that stand in our own table.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import Generic, TypeVar
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.sharing import short_links
from app.sharing.clicks import Clicks
from app.sharing.lines import Line

PREFIX = "/s/"
Headers = list[tuple[str, str]]
Value = TypeVar("Value")

# How many links are kept and for how long. An unknown code is kept for a second: it may be somebody's preview, shared right after.
LINKS, LINK_SECONDS = 50_000, 60.0
UNKNOWN, UNKNOWN_SECONDS = 2_000, 1.0
LONGEST_KEPT = 500


@dataclass(frozen=True)
class Page:
    """A page that is the same for everybody who reads its language."""

    status: str
    headers: Headers
    body: bytes


class Redirects:
    """Answers `/s/<code>`; `pages` is the application behind it.

    `headers` go with every redirect; `unknown` gives the page for links that do not exist, by the languages that a browser asks for.
    """

    def __init__(self, pages: WSGIApplication, *, headers: Headers, unknown: Callable[[str], Page], clicks: Clicks) -> None:
        self.clicks = clicks
        self._pages = pages
        self._headers = headers
        self._unknown = unknown
        self._links = Links()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        path: str = environ["PATH_INFO"]
        if not path.startswith(PREFIX) or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self._pages(environ, start_response)
        code = path[len(PREFIX) :]
        try:
            target = self._links.target(code) if short_links.WELL_FORMED.fullmatch(code) else None
        except SQLAlchemyError:
            return self._pages(environ, start_response)
        if target is None:
            return self._not_found(environ, start_response)
        if _is_click(environ):
            self.clicks.add(code)
        start_response("302 FOUND", [*self._headers, ("Location", target)])
        return []

    def close(self) -> None:
        """Write the clicks that are left, and hang up. A process that ends needs none of it."""
        self.clicks.close()
        self._links.close()

    def _not_found(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Whoever brings a cookie may have chosen a language with it: the framework knows."""
        if environ.get("HTTP_COOKIE"):
            return self._pages(environ, start_response)
        page = self._unknown(environ.get("HTTP_ACCEPT_LANGUAGE", ""))
        start_response(page.status, list(page.headers))
        return [page.body] if environ["REQUEST_METHOD"] == "GET" else []


def _is_click(environ: WSGIEnvironment) -> bool:
    purpose = environ.get("HTTP_SEC_PURPOSE") or environ.get("HTTP_PURPOSE") or ""
    return short_links.is_person(method=environ["REQUEST_METHOD"], agent=environ.get("HTTP_USER_AGENT", ""), purpose=purpose)


class Links:
    """Where the links lead, as this process has seen it within the last minute.

    It asks over one connection of its own, kept open: beside the bare question, the ways of a session cost four times as much.
    """

    def __init__(self) -> None:
        self._known: Kept[str] = Kept(LINKS, LINK_SECONDS)
        self._unknown: Kept[None] = Kept(UNKNOWN, UNKNOWN_SECONDS)
        self._asking = Lock()
        self._line = Line(autocommit=True)

    def target(self, code: str) -> str | None:
        """Where this link leads, None when there is none; SQLAlchemyError when that is not known and the database is away."""
        known, moment = self._known.get(code), monotonic()
        if known:
            return known[0] if known[1] > moment else self._again(code, known[0])
        unknown = self._unknown.get(code)
        if unknown and unknown[1] > moment:
            return None
        with self._asking:
            return self._ask(code)

    def _again(self, code: str, before: str) -> str | None:
        """Ask anew without waiting for others; what was known a minute ago is good enough while the database is away or busy."""
        if not self._asking.acquire(blocking=False):
            return before
        try:
            self._known.put(code, before)
            return self._ask(code)
        except SQLAlchemyError:
            return before
        finally:
            self._asking.release()

    def _ask(self, code: str) -> str | None:
        try:
            found = self._read(code)
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            found = self._read(code)
        if found is None:
            self._known.forget(code)
            self._unknown.put(code, None)
        elif len(found) <= LONGEST_KEPT:
            self._known.put(code, found)
        return found

    def _read(self, code: str) -> str | None:
        with self._line.transaction() as line:
            return short_links.as_location(line.scalar(short_links.TARGET, {"code": code}))

    def close(self) -> None:
        """Hang up; the next question takes another connection."""
        self._line.close()


class Kept(Generic[Value]):
    """Values by code, at most `most` of them: two generations, and when the younger is full the older is dropped."""

    def __init__(self, most: int, seconds: float) -> None:
        self._half = most // 2
        self._seconds = seconds
        self._young: dict[str, tuple[Value, float]] = {}
        self._old: dict[str, tuple[Value, float]] = {}

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def get(self, code: str) -> tuple[Value, float] | None:
        """The value and the moment until which it is fresh; what is asked for stays among the young."""
        found = self._young.get(code)
        if found is None:
            found = self._old.get(code)
            if found is not None:
                self._add(code, found)
        return found

    def put(self, code: str, value: Value) -> None:
        """Keep it, fresh from now on."""
        self._add(code, (value, monotonic() + self._seconds))

    def forget(self, code: str) -> None:
        """It is not so any more."""
        self._young.pop(code, None)
        self._old.pop(code, None)

    def _add(self, code: str, entry: tuple[Value, float]) -> None:
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[code] = entry
