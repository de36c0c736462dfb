"""The broker's messages, kept to be delivered again: often, late, and in any order."""

import contextlib
import json
import random

import redis
from celery import Celery

from tests.faults.ground import Ground

QUEUE = "celery"
# Every job that the schedule and the web know of.
TASKS = (
    *("deliver", "stops", "renew-tokens", "check-ahead", "look-for-trouble", "send-mails"),
    *("take-readings", "fetch-previews", "sweep", "beat"),
)


class Messages:
    """Some messages, as the broker had them."""

    def __init__(self, ground: Ground, kept: list[bytes]) -> None:
        self._ground, self.kept = ground, kept

    def deliver(self, *, times: int, by: random.Random) -> None:
        """The very same messages, each so many times, shuffled."""
        again = self.kept * times
        by.shuffle(again)
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(self._ground.redis_url) as open_:
            open_.lpush(QUEUE, *again)

    def tasks(self) -> set[str]:
        """The jobs that they are for."""
        return {json.loads(one)["headers"]["task"] for one in self.kept}


def old(ground: Ground) -> Messages:
    """One of every kind, sent now."""
    sender = Celery("old messages", broker=ground.redis_url, set_as_current=False)
    for task in TASKS:
        sender.send_task(task, queue="shelf")
    return Messages(ground, [_for_queue(one) for one in _taken(ground, "shelf")])


def waiting(ground: Ground) -> int:
    """How many wait for a worker."""
    with redis.Redis.from_url(ground.redis_url) as open_:
        return int(open_.llen(QUEUE))


def intercepted(ground: Ground) -> Messages:
    """Those that wait for a worker do not come; what is kept of them never expires, as for a worker whose clock is wrong."""
    return Messages(ground, [_unexpiring(one) for one in _taken(ground, QUEUE)])


def _taken(ground: Ground, queue: str) -> list[bytes]:
    with redis.Redis.from_url(ground.redis_url) as open_, open_.pipeline() as both:
        kept, _gone = both.lrange(queue, 0, -1).delete(queue).execute()
    return list(kept)


def _for_queue(raw: bytes) -> bytes:
    message = json.loads(raw)
    message["properties"]["delivery_info"]["routing_key"] = QUEUE
    return json.dumps(message).encode()


def _unexpiring(raw: bytes) -> bytes:
    message = json.loads(raw)
    message["headers"]["expires"] = None
    return json.dumps(message).encode()
