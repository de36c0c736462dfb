"""Celery's worker and beat, started in this very process: what was imported before a fork stays shared.

Celery's own command would load a terminal program with it, 10 MB that nobody here ever sees.
"""

import os
import sys

from celery.app.utils import find_app
from celery.utils.nodenames import default_nodename, host_format

from app import lean

KEEPS_SCHEDULE = "OUTSPOKEN_KEEPS_SCHEDULE"


def work(*, threads: int, name: str, keeps_schedule: bool) -> int:
    """Work until SIGTERM; returns the exit code."""
    lean.give_back()
    os.environ.pop(KEEPS_SCHEDULE, None)
    if keeps_schedule:
        os.environ[KEEPS_SCHEDULE] = "1"
    sys.argv[:] = ["-m", "app", *sys.argv[1:]]  # with these Celery starts itself anew on SIGHUP
    worker = find_app("workers.celery").Worker(
        hostname=host_format(default_nodename(name)),
        pool_cls="threads",
        concurrency=threads,
        loglevel="INFO",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def keep_schedule() -> None:
    """Keep the schedule until SIGTERM."""
    lean.give_back()
    find_app("workers.schedule").Beat(scheduler_cls="celery.beat:Scheduler", loglevel="INFO").run()
