"""A worker that keeps the schedule too (`worker --beat`): Celery beat in a thread, for one machine with little memory."""

import logging
import os
import threading
from typing import Any

from celery import beat, bootsteps

from app.working import KEEPS_SCHEDULE
from workers import schedule
from workers.celery import celery

log = logging.getLogger(__name__)

AGAIN = 5.0


class Keeping(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """Starts with the worker and stops with it, where the command asked for it."""

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        self.enabled = bool(os.environ.get(KEEPS_SCHEDULE))
        super().__init__(worker, **options)

    def start(self, _worker: Any) -> None:
        """Keep the schedule from now on."""
        self._stop = threading.Event()
        threading.Thread(target=keep, args=(self._stop,), name="beat", daemon=True).start()

    def stop(self, _worker: Any) -> None:
        """The thread sleeps until its next line is due: it is left alone, and ends with the process."""
        self._stop.set()

    def terminate(self, _worker: Any) -> None:
        """As above."""
        self._stop.set()


def keep(stop: threading.Event) -> None:
    """Celery's own loop; an error that it does not expect must not end the schedule."""
    while not stop.is_set():
        try:
            beat.Service(schedule.celery, scheduler_cls="celery.beat:Scheduler").start()
        except Exception:
            log.exception("the schedule stumbled and goes on")
        stop.wait(AGAIN)


celery.steps["worker"].add(Keeping)
