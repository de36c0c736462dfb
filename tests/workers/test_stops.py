"""The jobs for what is held."""

import pytest

from app.db import transaction
from app.sharing import stops
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, look, plain_account, post, share
from workers import due
from workers.stops import follow_stops, leave_out_late

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


def test_what_is_held_for_too_long_is_left_out() -> None:
    """And its owner is asked, without waiting for the hourly sweep."""
    with transaction():
        emil = rows.emil()
        late, waits = (builders.delivery(share(emil, post(), plain_account(emil))) for _ in range(2))
        builders.force(late, "held", problem="token_invalid", latest_at=later(seconds=-1))
        builders.force(waits, "held", problem="token_invalid")
        ids = late.id, waits.id
    leave_out_late()
    assert [look(one).state for one in ids] == ["skipped", "held"]
    assert builders.notices(look(ids[0]).user_id) == ["delivery_skipped"]
    assert leave_out_late.name in due.QUESTIONS


def test_the_job_is_called_by_its_name() -> None:
    """After a press, and when something is due."""
    assert follow_stops.name == stops.JOB
    assert stops.JOB in due.QUESTIONS
