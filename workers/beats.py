"""Signs of life, and the hourly sweep.

Two things say that we live: every worker writes its own row from a thread of its own; and a message that the schedule sends and a
worker takes writes the row of the schedule, so that row proves the whole way through the broker.
"""

import logging
import os
import threading
from datetime import UTC, datetime
from typing import Any

from celery.signals import worker_ready, worker_shutdown

import config
from app.clock import now
from app.db import transaction
from app.health import heartbeats, sweeping
from app.sharing import ledger_clock
from app.sharing import sweeping as held
from workers import due
from workers.celery import celery

log = logging.getLogger(__name__)

EVERY = 10.0
GOODBYE = 3.0
_stop = threading.Event()
_living: list[threading.Thread] = []


@celery.task(name="beat", bind=True)
def beat(task: Any, sent_at: float | None = None) -> None:
    """A message of the schedule has arrived: the schedule, the broker and this worker are alive. What else is due is called for."""
    sent = datetime.fromtimestamp(sent_at, UTC) if sent_at else now()
    with transaction():
        heartbeats.beat(heartbeats.BEAT, {"worker": str(task.request.hostname or "")}, at=min(sent, now()))
    due.call(task.app, now=ledger_clock.now())


@celery.task(name="sweep")
def sweep() -> None:
    """Look again at what is held, then delete what nobody needs any more, a batch at a time."""
    held.sweep(now=ledger_clock.now())
    for broom in sweeping.BROOMS:
        for _turn in range(sweeping.MOST_TURNS):
            with transaction():
                gone = broom.sweep()
            if gone < sweeping.BATCH:
                break


@worker_ready.connect
def keep_saying_so(sender: Any = None, **_: Any) -> None:
    """From now on this worker writes down every few seconds that it is alive."""
    _stop.clear()
    name = heartbeats.WORKER + str(getattr(sender, "hostname", "worker"))
    _living.append(threading.Thread(target=live, args=(name, _stop), name="heartbeat", daemon=True))
    _living[-1].start()


@worker_shutdown.connect
def say_goodbye(**_: Any) -> None:
    """The thread takes its row away when it ends."""
    _stop.set()
    while _living:
        _living.pop().join(GOODBYE)


def live(name: str, stop: threading.Event, every: float = EVERY) -> None:
    """Write the row until told to stop, then take it away. A database that is away is asked again."""
    while True:
        _try(lambda: heartbeats.beat(name, {"pid": os.getpid(), "version": config.VERSION}))
        if stop.wait(every):
            _try(lambda: heartbeats.leave(name))
            return


def _try(write: Any) -> None:
    try:
        with transaction():
            write()
    except Exception:
        log.warning("a heartbeat could not be written; the next one may", exc_info=True)
