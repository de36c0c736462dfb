"""Connections that end while they rest in the pool: whoever comes next notices nothing."""

import os
import select
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, create_engine, make_url, text

from app import connections

WHO = text("SELECT pg_backend_pid()")


@contextmanager
def pool(url: str) -> Iterator[Engine]:
    """An engine that looks after its connections."""
    engine = create_engine(url)
    connections.look_after(engine)
    try:
        yield engine
    finally:
        engine.dispose()


def served(engine: Engine, together: int = 3) -> list[int]:
    """The server's processes that answered, one for each of so many connections used at once."""
    used = [engine.connect() for _ in range(together)]
    answered = [one.execute(WHO).scalar_one() for one in used]
    for one in used:
        one.close()
    return answered


class Forgetful(socketserver.ThreadingTCPServer):
    """Something between us and the server that passes everything on until it has forgotten: then it cuts off whoever speaks."""

    daemon_threads = True
    forgotten = False

    def __init__(self, url: str) -> None:
        parts = make_url(url)
        self.target = (parts.host or "127.0.0.1", parts.port or 5432)
        super().__init__(("127.0.0.1", 0), Passing)
        self.url = parts.set(host="127.0.0.1", port=self.server_address[1]).render_as_string(hide_password=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Passing(socketserver.BaseRequestHandler):
    """One connection through it."""

    server: Forgetful

    def handle(self) -> None:
        """Pass on in both directions until one of them ends."""
        with socket.create_connection(self.server.target) as behind:
            others = {self.request: behind, behind: self.request}
            old = not self.server.forgotten
            while True:
                for source in select.select(others, [], [])[0]:
                    data = source.recv(65536)
                    if not data or (old and self.server.forgotten):
                        return
                    others[source].sendall(data)


def test_connections_that_the_server_has_ended_are_made_anew() -> None:
    with pool(os.environ["DATABASE_URL"]) as engine, pool(os.environ["DATABASE_URL"]) as other:
        before = served(engine)
        with other.connect() as ending:
            ending.execute(text("SELECT pg_terminate_backend(pid, 5000) FROM unnest(CAST(:pids AS int[])) pid"), {"pids": before})
        assert not set(served(engine)) & set(before)


def test_connections_in_use_again_and_again_stay() -> None:
    with pool(os.environ["DATABASE_URL"]) as engine:
        assert len({served(engine, 1)[0] for _ in range(5)}) == 1


@pytest.mark.parametrize("kept", [True, False])
def test_after_a_rest_the_server_is_asked(kept: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What something between us has silently forgotten is noticed before anybody gets it."""
    between = Forgetful(os.environ["DATABASE_URL"])
    monkeypatch.setattr(connections, "RESTED", -1.0)
    with pool(between.url) as engine:
        before = served(engine)
        if not kept:
            between.forgotten = True
        assert bool(set(served(engine)) & set(before)) is kept
    between.shutdown()
    between.server_close()
