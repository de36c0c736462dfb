"""A nudge for the workers after a commit, so that what is due at once leaves at once.

It carries nothing and may be lost: every worker looks each second anyway. When the broker is away it costs a fraction of a second, and
then nothing at all for a while.
"""

import logging
import threading
import time
from typing import Any

import config

log = logging.getLogger(__name__)

QUEUE = "celery"
CONNECT_SECONDS = 0.3
REST_SECONDS = 5.0
_EXPIRES_SECONDS = 5
_lock = threading.Lock()
_producers: dict[str, Any] = {}
_quiet_until = 0.0


def deliver() -> None:
    """Ask a worker to look for due deliveries now."""
    nudge("deliver")


def mails() -> None:
    """Ask a worker to send what is in the outbox."""
    nudge("send-mails")


def previews() -> None:
    """Ask a worker to fetch link previews."""
    nudge("fetch-previews")


def nudge(task: str) -> None:
    """Send an empty message for a task; never raises."""
    global _quiet_until  # noqa: PLW0603 - one process has one broker
    if time.monotonic() < _quiet_until:
        return
    try:
        with _lock:
            _producer(config.settings().broker_url).send_task(task, queue=QUEUE, expires=_EXPIRES_SECONDS, retry=False, ignore_result=True)
    except Exception:
        _quiet_until = time.monotonic() + REST_SECONDS
        _producers.clear()
        log.warning("the broker could not be reached for a nudge; the workers will find what is due", exc_info=True)


def wake_up() -> None:
    """Forget that the broker was away."""
    global _quiet_until  # noqa: PLW0603
    _quiet_until = 0.0


def _producer(broker_url: str) -> Any:
    """A Celery application that only sends, made at the first nudge of this process."""
    if broker_url not in _producers:
        from celery import Celery  # noqa: PLC0415 - a page that shares nothing does not pay for it

        app = Celery("nudges", broker=broker_url, set_as_current=False)
        app.conf.update(
            broker_connection_timeout=CONNECT_SECONDS,
            broker_connection_retry=False,
            broker_transport_options={
                "socket_connect_timeout": CONNECT_SECONDS,
                "socket_timeout": CONNECT_SECONDS,
                "retry_on_timeout": False,
                "max_retries": 0,
            },
        )
        _producers[broker_url] = app
    return _producers[broker_url]
