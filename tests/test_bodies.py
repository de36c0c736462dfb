"""Bodies of requests: whole ones pass, slow ones do not hold up others."""

import io
import threading
import time
from collections.abc import Iterable
from typing import Any

from werkzeug.test import Client, EnvironBuilder, run_wsgi_app
from werkzeug.wrappers import Request, Response

from app import bodies
from app.bodies import Bodies


class Drip(io.RawIOBase):
    """A body of which nothing more comes until somebody lets it."""

    def __init__(self) -> None:
        self.more = threading.Event()
        self.rest = b"x" * 99

    def read(self, size: int = -1) -> bytes:
        """Waits like a network."""
        self.more.wait(30)
        rest, self.rest = self.rest, b""
        return rest


def echo(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    return Response(Request(environ).get_data() or b"none")(environ, start_response)


def post(application: Bodies, body: Any, length: int) -> int:
    environ = {**EnvironBuilder(method="POST").get_environ(), "wsgi.input": body, "CONTENT_LENGTH": str(length)}
    return int(run_wsgi_app(application, environ)[1].split()[0])


def test_whole_bodies_pass() -> None:
    browser = Client(Bodies(echo, largest=1000, waiting=2))
    assert browser.post("/", data=b"x" * 900).data == b"x" * 900
    assert browser.get("/").data == b"none"
    assert browser.post("/", data=b"y" * 1001).data == b"y" * 1001, "what is too large is for the application to refuse"


def test_a_body_that_does_not_come(monkeypatch: Any) -> None:
    """The thread is free again after its time."""
    monkeypatch.setattr(bodies, "PATIENCE", 0.1)
    monkeypatch.setattr(bodies, "LOOK", 0.05)
    drip = Drip()
    assert post(Bodies(echo, largest=1000, waiting=1), drip, 99) == 408
    drip.more.set()


def test_some_threads_never_wait(monkeypatch: Any) -> None:
    """While all places are taken by slow bodies, another body is sent away and a page comes."""
    monkeypatch.setattr(bodies, "LOOK", 0.05)
    application, drip = Bodies(echo, largest=1000, waiting=1), Drip()
    slow = threading.Thread(target=post, args=(application, drip, 99))
    slow.start()
    while application._places._value:
        time.sleep(0.01)
    assert post(application, io.BytesIO(b"x"), 1) == 503
    assert Client(application).get("/").data == b"none"
    drip.more.set()
    slow.join()
    assert post(application, io.BytesIO(b"x"), 1) == 200
