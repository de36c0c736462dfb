"""Processes that die, messages that are lost or doubled, commits that fail: nothing is lost, and nothing is posted twice."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis
from sqlalchemy.exc import OperationalError

import config
from app import db, nudges
from app.sharing import dispatching, outcomes
from app.sharing.models import Delivery
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, run_until

pytestmark = pytest.mark.usefixtures("committed")
ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def worker() -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker in a process of its own; its waits are short (see `impatient.py`)."""
    settings = config.settings()
    env = os.environ | {
        "PRACTICE_URL": settings.practice_url,
        "ALLOWED_PRIVATE_HOSTS": " ".join(settings.allowed_private_hosts),
        "UNDO_SECONDS": "0",
    }
    command = [sys.executable, "-m", "celery", "-A", "tests.faults.impatient", "worker", "-P", "threads", "-c", "4"]
    command += ["--without-gossip", "--without-mingle", "-l", "warning", "-n", f"{uuid.uuid4().hex}@test"]
    process = subprocess.Popen(command, cwd=ROOT, env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def until(true: Callable[[], bool], *, seconds: float = 30, asking: str = "deliver") -> None:
    """Wait for something, asking the workers as beat would."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        nudges.nudge(asking)
        time.sleep(0.1)


def states() -> dict[str, int]:
    """How many deliveries there are in each state."""
    db.session.remove()
    found: dict[str, int] = {}
    for (state,) in db.session.query(Delivery.state):
        found[state] = found.get(state, 0) + 1
    return found


def test_a_worker_killed_between_send_and_record(control: Control) -> None:
    """SIGKILL while the request is on its way: one post in the end, found again, never sent twice."""
    [delivery_id] = builders.shared(control)
    control.fault("slow", seconds=4)
    with worker() as first:
        until(lambda: not control.waiting())
        assert look(delivery_id).state == "sending"
        first.send_signal(signal.SIGKILL)
        first.wait(5)
    time.sleep(4)
    assert (len(control.statuses()), look(delivery_id).state) == (1, "sending")
    with worker():
        until(lambda: look(delivery_id).state == "published")
    found, [status] = look(delivery_id), control.statuses()
    assert (found.remote_id, control.creates()) == (status["id"], 1)
    assert [one.outcome for one in found.attempts] == ["interrupted"]


def test_a_worker_killed_before_the_request_counts(control: Control) -> None:
    """SIGKILL while the network has the request but makes nothing of it: proven absent, sent again, one post."""
    [delivery_id] = builders.shared(control)
    control.fault("drop_before", seconds=3)
    with worker() as first:
        until(lambda: not control.waiting())
        first.send_signal(signal.SIGKILL)
        first.wait(5)
    time.sleep(3)
    with worker():
        until(lambda: look(delivery_id).state == "published")
    assert (len(control.statuses()), control.creates()) == (1, 2)


def test_two_workers_share_two_hundred(control: Control) -> None:
    """Two processes at the same rows, poked all the time: 200 posts, none twice."""
    ids = builders.shared(control, count=200)
    with worker(), worker():
        until(lambda: states() == {"published": 200}, seconds=60)
    posted = [one["text"] for one in control.statuses()]
    assert (len(posted), len(set(posted)), control.creates()) == (200, 200, 200)
    workers = {look(one).attempts[0].worker.split("/")[1] for one in ids}
    assert len(workers) == 2


def test_the_broker_forgets_everything(control: Control) -> None:
    """All messages are lost, then there is no broker at all: nothing is lost, because the table is the queue."""
    ids = builders.shared(control, count=3)
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
        nudges.deliver()
        broker.flushdb()
    dispatching.run()
    assert [look(one).state for one in ids] == ["published"] * 3


def test_no_broker(control: Control, caplog: pytest.LogCaptureFixture) -> None:
    """A click without a broker is as quick as any, and is found by the schedule."""
    before = config.settings()
    with builders.broker_url("redis://127.0.0.1:1/0"):
        start = time.monotonic()
        [delivery_id] = builders.shared(control)
        assert time.monotonic() - start < 2
    assert config.settings() == before
    assert "the broker could not be reached" in caplog.text
    dispatching.run()
    assert look(delivery_id).state == "published"


def test_several_loops_at_once(control: Control) -> None:
    """Many messages in one process are one loop; rows that several claim go to one."""
    builders.shared(control, count=20)
    builders.at_once(6, lambda _: dispatching.run())
    assert (states(), len(control.statuses())) == ({"published": 20}, 20)


def test_the_commit_after_the_answer_fails(control: Control) -> None:
    """The post is out, but the database is gone at that moment: the row stays `sending`, and is found again; no second post."""
    [delivery_id] = builders.shared(control)
    with pytest.MonkeyPatch.context() as broken:
        broken.setattr(outcomes, "adopt", _database_gone)
        with builders.pace(patience=0):
            dispatching.run()
    assert (look(delivery_id).state, len(control.statuses())) == ("sending", 1)
    dispatching.run()
    assert look(delivery_id).state == "sending"
    builders.lease_ends(delivery_id)
    dispatching.run()
    run_until(later(minutes=2))
    assert (look(delivery_id).state, len(control.statuses()), control.creates()) == ("published", 1, 1)


def _database_gone(*_: object, **__: object) -> None:
    raise OperationalError("the statement", {}, psycopg.OperationalError("the server closed the connection unexpectedly"))
