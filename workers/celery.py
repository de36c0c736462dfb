"""The Celery application of the workers: every job there is.

A message carries nothing that matters: every job looks into the database for what is due. A message that is lost, doubled or late
therefore changes nothing. When the jobs run stands in `workers/schedule.py`.
"""

from typing import Any

from celery.signals import worker_init, worker_process_init
from kombu.transport.redis import Channel, QoS, Transport

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


class Forgiving(QoS):
    """What became of messages, told to the broker. One whose connection is gone may come again, and changes nothing: telling it over that
    connection would end the worker.
    """

    def ack(self, delivery_tag: str) -> None:
        if self.channel.connection is not None:
            super().ack(delivery_tag)  # type: ignore[no-untyped-call]

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        if self.channel.connection is not None:
            super().reject(delivery_tag, requeue=requeue)  # type: ignore[no-untyped-call]


Channel.QoS = Forgiving
# Giving a message back to a Redis that was killed goes over the connection that is gone, and ends the worker. Nothing is lost without it.
Channel.do_restore = False
# The same holds for one that arrives while the worker lets go of its queue: it is dropped.
Transport._reject_inbound_message = lambda _transport, _message: None  # type: ignore[method-assign]


@worker_init.connect
@worker_process_init.connect
def prepare(**_: Any) -> None:
    """Connect a worker process to the database, once."""
    db.connect(config.settings().database_url, pool_size=12)
