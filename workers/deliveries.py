"""Jobs of the delivery ledger. A message is only a reason to look: lost, doubled or late ones change nothing."""

from typing import Any

from celery.signals import worker_shutting_down

from app.sharing import dispatching
from workers.celery import celery


@celery.task(name="deliver")
def deliver() -> None:
    """Send, look for, take back: whatever is due."""
    dispatching.run()


@worker_shutting_down.connect
def finish(**_: Any) -> None:
    """The worker is asked to stop: finish what has left, take nothing new."""
    dispatching.stop()
