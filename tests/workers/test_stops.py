"""The job that follows stops."""

import pytest

from app.db import transaction
from app.sharing import stops
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import look, plain_account, post, share
from workers import due
from workers.stops import follow_stops

pytestmark = pytest.mark.usefixtures("committed", "app")


def test_the_job_holds_and_lets_go() -> None:
    with transaction():
        emil = rows.emil()
        delivery = builders.delivery(share(emil, post(), plain_account(emil))).id
        stop_id = stops.stop(rows.ravi(), scope="network", subject="mastodon", reason="They have an outage.").id
    follow_stops()
    assert look(delivery).state == "held"
    with transaction():
        stops.resume(rows.ada(), stop_id)
    follow_stops()
    follow_stops()
    assert look(delivery).state == "queued"


def test_the_job_is_called_by_its_name() -> None:
    """After a press, and when something is due."""
    assert follow_stops.name == stops.JOB
    assert stops.JOB in due.QUESTIONS
