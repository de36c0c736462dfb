"""The whole schedule on one page, and the small Celery application that keeps it.

Beat runs this one: it sends messages and needs no table, no page and no network, so its process stays a third of a worker's size.
"""

import logging
from typing import Any

from celery import Celery
from celery.signals import beat_init

import config
from app.clock import now

log = logging.getLogger(__name__)

SCHEDULE = {
    # A sign of life, and the question what else has something to do (`workers/due.py`).
    "beat": {"task": "beat", "schedule": 15.0, "options": {"expires": 10}},
    # Workers look for themselves every second (`workers/lookout.py`); this is for one whose look-out should have died.
    "deliver": {"task": "deliver", "schedule": 60.0, "options": {"expires": 5}},
    "look-for-trouble": {"task": "look-for-trouble", "schedule": 60.0, "options": {"expires": 120}},
    "count-on": {"task": "count-on", "schedule": 60.0, "options": {"expires": 120}},
    "ask-again": {"task": "ask-again", "schedule": 3600.0, "options": {"expires": 600}},
    "sweep": {"task": "sweep", "schedule": 3600.0, "options": {"expires": 600}},
}
# Beat sleeps until its next line is due, and never longer than this.
SLEEPS = 30
# A worker that is killed gives its message back; Redis notices within 20 seconds of the visibility timeout.
# A message arrives at once; `polling_interval` is how long the broker keeps the question when there is none.
REDIS = {"visibility_timeout": 600, "unacked_restore_interval": 10, "unacked_restore_throttle": 1, "polling_interval": 3}


def application(**more: Any) -> Celery:
    """A Celery application on our broker: JSON only, no results kept, messages acknowledged after the work."""
    broker = config.settings().broker_url
    made = Celery("outspoken", broker=broker)
    made.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options=REDIS if broker.startswith("redis") else {},
        beat_max_loop_interval=SLEEPS,
        beat_schedule=SCHEDULE,
        task_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        **more,
    )
    return made


celery = application()


@beat_init.connect
def say_so_at_once(**_: Any) -> None:
    """Send the first sign of life now instead of after the first turn."""
    try:
        celery.send_task("beat", kwargs={"sent_at": now().timestamp()}, expires=25, retry=False)
    except Exception:
        log.warning("the first message of the schedule could not be sent; the next turn tries again", exc_info=True)
