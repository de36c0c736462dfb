"""The look-out: every worker looks for itself when the next delivery is due, so none waits for a message.

A thread of the worker sleeps until the next row is due, a second at most, and then works like the job `deliver`. Broker and schedule may
both be away: a share leaves all the same. A nudge of the web is only quicker.
"""

import logging
import random
import threading
from datetime import timedelta
from typing import Any

from celery import bootsteps
from celery.signals import worker_shutting_down

from app.sharing import dispatching, ledger_clock
from app.sharing.lookout import LookOut
from app.sharing.pace import pace
from workers.celery import celery

log = logging.getLogger(__name__)

LONGEST, SHORTEST = 1.0, 0.05
_stop = threading.Event()


class Watching(bootsteps.StartStopStep):  # type: ignore[misc]  # Celery has no types
    """A part of the worker that starts before it asks for the broker: a worker that never finds one delivers all the same."""

    requires = ("celery.worker.components:Pool",)

    def start(self, _worker: Any) -> None:
        """From now on this worker finds what is due by itself."""
        _stop.clear()
        self._thread = threading.Thread(target=watch, args=(_stop,), name="look-out", daemon=True)
        self._thread.start()

    def stop(self, _worker: Any) -> None:
        """The thread ends when what it is sending is written down."""
        _stop.set()
        self._thread.join()

    def terminate(self, _worker: Any) -> None:
        """Nobody waits any more."""
        _stop.set()


celery.steps["worker"].add(Watching)


@worker_shutting_down.connect
def stop_looking(**_: Any) -> None:
    """The worker is asked to stop: nothing new is looked for."""
    _stop.set()


def watch(stop: threading.Event) -> None:
    """Look and work until told to stop. A database that is away is asked again."""
    look_out, answers = LookOut(), True
    while not stop.is_set():
        try:
            pause = look(look_out)
            answers = True
        except Exception:
            log.log(logging.DEBUG if not answers else logging.WARNING, "the database does not answer the look-out", exc_info=True)
            pause, answers = LONGEST, False
        stop.wait(pause)
    look_out.close()


def look(look_out: LookOut) -> float:
    """Work if something is due; returns in how many seconds to look again, never the same in two workers."""
    soonest = look_out.soonest()
    if soonest is None:
        return _jittered(LONGEST)
    wait = (soonest - ledger_clock.now() - timedelta(seconds=pace().ahead)).total_seconds()
    if wait <= 0:
        wait = SHORTEST if dispatching.run() else LONGEST
    return _jittered(min(max(wait, SHORTEST), LONGEST))


def _jittered(seconds: float) -> float:
    return seconds * (1 - random.random() / 5)  # noqa: S311 - jitter, not a secret
