"""The job that counts what came of the shares."""

from datetime import timedelta

import pytest

from app.clock import now
from app.db import session, transaction
from app.insights.models import Reading
from app.sharing.models import Delivery
from tests.sharing import builders
from tests.sharing.builders import Control
from tests.sharing.conftest import control
from workers import deliveries, readings

__all__ = ["control"]

pytestmark = pytest.mark.usefixtures("committed")


def test_the_job_takes_what_is_due_and_nothing_twice(control: Control) -> None:
    [delivery_id] = builders.shared(control)
    deliveries.deliver()
    with transaction():
        row = session.get_one(Delivery, delivery_id)
        row.published_at, row.reading_due_at = now() - timedelta(minutes=2), now()
    readings.take_readings()
    readings.take_readings()
    with transaction():
        assert session.query(Reading).filter_by(delivery_id=delivery_id).count() == 1
        due = session.get_one(Delivery, delivery_id).reading_due_at
    assert due is not None
    assert due > now()
