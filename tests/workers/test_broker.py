"""What a worker does with messages when its broker goes away: telling it over a connection that is gone would end the worker."""

from collections.abc import Iterator
from typing import Any

import pytest

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def cut_off() -> Iterator[Any]:
    """A channel whose connection is gone."""
    from workers.celery import celery  # noqa: PLC0415 - Celery reads the settings when it is imported

    with celery.connection_for_read() as connection:
        channel = connection.channel()
        kept, channel.connection = channel.connection, None
        channel.transport = connection.transport
        yield channel
        channel.connection = kept


def test_a_message_that_arrives_while_the_connection_ends_is_dropped(cut_off: Any) -> None:
    """It says nothing that the database does not know."""
    message = cut_off.prepare_message("[[], {}, {}]", content_type="application/json", content_encoding="utf-8")
    message["properties"] |= {"delivery_tag": "1", "delivery_info": {"exchange": "", "routing_key": "celery"}}
    cut_off.transport._deliver(message, "celery")
    assert not cut_off.qos._delivered


def test_a_job_that_ends_after_its_connection_says_so_to_nobody(cut_off: Any) -> None:
    """Its message may come again, and changes nothing."""
    cut_off.basic_ack("1")
    cut_off.basic_reject("2", requeue=True)
