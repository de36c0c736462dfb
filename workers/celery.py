"""The Celery application of the workers: every job there is.

A message carries nothing that matters: every job looks into the database for what is due. A message that is lost, doubled or late
therefore changes nothing. When the jobs run stands in `workers/schedule.py`.
"""

from typing import Any

from celery.signals import worker_init, worker_process_init

import config
from app import db, models  # noqa: F401 - a worker needs all mappers
from workers.schedule import application

JOBS = [
    "workers.alarms",
    "workers.beats",
    "workers.consents",
    "workers.deliveries",
    "workers.keeping",
    "workers.lookout",
    "workers.mails",
    "workers.preflight",
    "workers.previews",
    "workers.readings",
    "workers.stops",
    "workers.tokens",
]
celery = application(include=JOBS)


@worker_init.connect
@worker_process_init.connect
def prepare(**_: Any) -> None:
    """Connect a worker process to the database, once."""
    db.connect(config.settings().database_url, pool_size=12)
