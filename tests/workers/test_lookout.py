"""The look-out of a worker: what is due leaves without a message; it outlives a stumbling database and stops at once."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import text

from app.db import session, transaction
from tests.embedded.processes import wait_for
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, plan
from tests.sharing.conftest import control
from workers import lookout

__all__ = ["control"]

pytestmark = pytest.mark.usefixtures("committed")


@contextmanager
def watching() -> Iterator[threading.Thread]:
    """A look-out as a worker has it."""
    stop = threading.Event()
    thread = threading.Thread(target=lookout.watch, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def published(*ids: object) -> bool:
    return all(look(one).state == "published" for one in ids)  # type: ignore[arg-type]


def test_what_becomes_due_leaves(control: Control) -> None:
    """What is due now, what is due a little later, and what is shared while it sleeps."""
    now_due, soon_due = builders.shared(control, count=2)
    plan(soon_due, later(seconds=2.5))
    with watching():
        assert wait_for(lambda: published(now_due, soon_due))
        [new] = builders.shared(control)
        assert wait_for(lambda: published(new))


def test_a_database_that_was_away(control: Control, caplog: pytest.LogCaptureFixture) -> None:
    """Every connection is cut; the next look takes a new one."""
    with watching():
        [first] = builders.shared(control)
        assert wait_for(lambda: published(first))
        others = text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        )
        with transaction():
            session.execute(others)
        assert wait_for(lambda: "does not answer the look-out" in caplog.text)
        [second] = builders.shared(control)
        assert wait_for(lambda: published(second))


def test_it_stops_at_once() -> None:
    """Told to stop in its sleep, it is gone: the block above would fail otherwise."""
    with watching() as thread:
        assert thread.is_alive()
