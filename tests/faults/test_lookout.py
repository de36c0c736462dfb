"""No schedule and no broker's memory: a worker finds by itself what is due."""

import os

import pytest
import redis

from tests.embedded.processes import wait_for
from tests.faults.test_kills import worker
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, plan

pytestmark = pytest.mark.usefixtures("committed")


def test_no_schedule_and_every_message_lost(control: Control) -> None:
    """Nobody sends `deliver`, and what the web sent is forgotten: what is due and what becomes due leave all the same."""
    due, soon = builders.shared(control, count=2)
    plan(soon, later(seconds=6))
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker, worker():
        broker.flushdb()
        assert wait_for(lambda: [look(one).state for one in (due, soon)] == ["published"] * 2, 60)
        assert broker.llen("celery") == 0
    assert len(control.statuses()) == 2


def test_no_broker_at_all(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that never finds its broker delivers, and ends when it is asked to."""
    monkeypatch.setenv("BROKER_URL", "redis://127.0.0.1:1/0")
    [due] = builders.shared(control)
    with worker() as running:
        assert wait_for(lambda: look(due).state == "published", 60)
        running.terminate()
        assert running.wait(30) == 0
