"""The job: thin, harmless when doubled, and finished when asked to stop."""

from datetime import datetime, timedelta

import pytest

from app.sharing import dispatching
from app.sharing.pace import pace
from tests.sharing import builders
from tests.sharing.builders import Control, look
from tests.sharing.conftest import control
from workers import deliveries
from workers.celery import celery

__all__ = ["control"]

pytestmark = pytest.mark.usefixtures("committed")


def test_delivers(control: Control) -> None:
    """Whatever is due."""
    [delivery_id] = builders.shared(control)
    deliveries.deliver()
    assert look(delivery_id).state == "published"


def test_the_schedule_knows_the_jobs() -> None:
    """The names exist, and nothing makes the schedule tick every second: workers look out for deliveries themselves."""
    assert celery.conf.beat_schedule["deliver"]["task"] == "deliver"
    assert min(entry["schedule"] for entry in celery.conf.beat_schedule.values()) >= 5
    celery.loader.import_default_modules()
    assert {"deliver", "take-readings"} <= set(celery.tasks)


def test_leaves_on_time(control: Control) -> None:
    """A row that is due within a moment is taken ahead and marked milliseconds before its time, but never arrives early."""
    [delivery_id] = builders.shared(control)
    due = builders.later(seconds=0.8)
    builders.plan(delivery_id, due)
    deliveries.deliver()
    sent_at, [arrived] = look(delivery_id).sent_at, control.statuses()
    assert sent_at is not None
    assert sent_at >= due - timedelta(seconds=pace().run_up + 0.01)
    assert datetime.fromisoformat(arrived["created_at"]) >= due.replace(microsecond=due.microsecond // 1000 * 1000)


def test_takes_nothing_new_when_stopping(control: Control) -> None:
    """After the signal to stop nothing is leased any more; the rows wait for another worker."""
    [delivery_id] = builders.shared(control)
    deliveries.finish()
    try:
        deliveries.deliver()
        assert look(delivery_id).lease is None
    finally:
        dispatching.start()
    deliveries.deliver()
    assert look(delivery_id).state == "published"
