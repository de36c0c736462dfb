"""The Celery application: queues, safety settings, and the whole schedule on one page.

A message carries nothing that matters: every job looks into the database for what is due. A message that is lost, doubled or late
therefore changes nothing.
"""

from typing import Any

from celery import Celery
from celery.signals import worker_process_init, worker_init

import config
from app import db, models  # noqa: F401 - a worker needs all mappers

settings = config.settings()

celery = Celery("outspoken", broker=settings.broker_url)
celery.conf.update(
    include=["workers.beats", "workers.deliveries", "workers.mails", "workers.previews", "workers.readings"],
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    broker_connection_retry_on_startup=True,
    broker_transport_options={
        "visibility_timeout": 600,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
    }
    if settings.broker_url.startswith(("redis", "rediss"))
    else {},
    worker_send_task_events=False,
    worker_hijack_root_logger=False,
    beat_max_loop_interval=1,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    beat_schedule={
        "beat": {"task": "beat", "schedule": 5.0, "options": {"expires": 5}},
        "deliver": {"task": "deliver", "schedule": 1.0, "options": {"expires": 5}},
        "send-mails": {"task": "send-mails", "schedule": 5.0, "options": {"expires": 30}},
        "fetch-previews": {"task": "fetch-previews", "schedule": 5.0, "options": {"expires": 30}},
        "take-readings": {"task": "take-readings", "schedule": 30.0, "options": {"expires": 60}},
        "sweep": {"task": "sweep", "schedule": 3600.0, "options": {"expires": 600}},
    },
)


@worker_init.connect
@worker_process_init.connect
def prepare(**_: Any) -> None:
    """Connect a worker process to the database, once."""
    db.connect(settings.database_url, pool_size=12)
