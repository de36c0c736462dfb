"""A request's body is here in full before the application begins, and no slow client keeps a thread for long.

The server waits for headers without a thread, but for a body inside one. So a body has a time to arrive, and never more than some of a
process's threads wait for bodies: pages come however many clients are slow.
"""

import io
import threading
import time
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

CHUNK = 64 * 1024
# A body gets so many seconds, and one more for each so many bytes that have come (a telephone on a train manages that).
PATIENCE, SLOWEST = 10.0, 4096
LOOK = 1.0


class Bodies:
    """`application` behind it gets bodies of at most `largest` bytes, and sees itself that there would be more."""

    def __init__(self, application: WSGIApplication, *, largest: int, waiting: int) -> None:
        self._application = application
        self._largest = largest
        self._places = threading.BoundedSemaphore(waiting)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        length = environ.get("CONTENT_LENGTH") or "0"
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if chunked or (length.isdecimal() and 0 < int(length) <= self._largest):
            if not self._places.acquire(timeout=LOOK):
                return _refuse(start_response, "503 Service Unavailable")
            try:
                body = Arriving(environ["wsgi.input"], self._largest).all()
            finally:
                self._places.release()
            if body is None:
                return _refuse(start_response, "408 Request Timeout")
            environ["wsgi.input"] = body
        return self._application(environ, start_response)


class Arriving:
    """A body on its way, read in a thread of its own: nothing can interrupt a read, but one can stop waiting for it."""

    def __init__(self, source: Any, largest: int) -> None:
        self._source = source
        self._largest = largest
        self._body = io.BytesIO()
        self._here = threading.Event()
        self._broken = False

    def all(self) -> io.BytesIO | None:
        """The whole of it; None when it broke off or took too long. The read ends when the server closes the connection."""
        began = time.monotonic()
        threading.Thread(target=self._read, name="body", daemon=True).start()
        while not self._here.wait(LOOK):
            if time.monotonic() - began > PATIENCE + self._body.tell() / SLOWEST:
                return None
        self._body.seek(0)
        return None if self._broken else self._body

    def _read(self) -> None:
        try:
            while self._body.tell() <= self._largest and (chunk := self._source.read(CHUNK)):
                self._body.write(chunk)
        except Exception:
            self._broken = True
        self._here.set()


def _refuse(start_response: StartResponse, status: str) -> list[bytes]:
    start_response(status, [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close"), ("Retry-After", "5")])
    return [f"{status}\n".encode()]
