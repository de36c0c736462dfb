"""Asking the broker, whichever it is: is it there, and how many messages wait?"""

import redis
from kombu.connection import Connection

QUEUES = ("celery",)
PATIENCE = 1.0


class Unreachable(Exception):
    """The broker does not answer; the message is its own, without any password."""


def waiting(url: str) -> int:
    """The messages that wait in our queues. Takes at most about a second or two; raises Unreachable."""
    if url.startswith(("redis://", "rediss://", "unix://")):
        return _in_redis(url)
    return _in_amqp(url)


def _in_redis(url: str) -> int:
    try:
        with redis.Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as server:
            return sum(int(server.llen(queue)) for queue in QUEUES)
    except (redis.RedisError, ValueError, OSError) as error:
        raise Unreachable(type(error).__name__) from error


def _in_amqp(url: str) -> int:
    try:
        with Connection(url, connect_timeout=PATIENCE) as connection:  # type: ignore[no-untyped-call]
            connection.ensure_connection(max_retries=1, interval_start=0, timeout=PATIENCE)
            channel = connection.default_channel
            return sum(channel.queue_declare(queue, passive=True).message_count for queue in QUEUES)
    except Exception as error:  # each transport has its own
        raise Unreachable(type(error).__name__) from error
