"""The jobs that look for trouble and count for monitoring."""

from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.audit.events import record
from app.clock import now
from app.db import transaction
from app.health import tallies
from app.health.models import Alarm
from app.ids import uuid7
from app.notices.models import Notice
from tests import rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


def test_the_jobs_do_their_work(committed: "Db") -> None:
    from workers import alarms  # noqa: PLC0415 - Celery reads the settings when it is imported

    with transaction():
        rows.ada()
        committed.add(Alarm(kind="worker", since=now() - timedelta(minutes=2), facts={}))
        record("published", "deliveries", uuid7(), by=None).at = now() - timedelta(minutes=5)
    alarms.look_for_trouble.apply()
    alarms.count_on.apply()
    with transaction():
        assert committed.scalars(select(Notice.kind)).all() == ["alarm_worker"]
        assert tallies.totals()[tallies.MOVES] == {"published": 1}
