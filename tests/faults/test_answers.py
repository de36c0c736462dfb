"""Whatever the network answers, or does not answer: one post at most, and the row says how it ended."""

import uuid

import pytest

from app.sharing import dispatching
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, run_until

pytestmark = pytest.mark.usefixtures("committed")


def send(control: Control) -> uuid.UUID:
    [delivery_id] = builders.shared(control)
    dispatching.run()
    return delivery_id


def test_all_well(control: Control) -> None:
    """Sent once, recorded, with its attempt."""
    found = look(send(control))
    [status] = control.statuses()
    assert (found.state, found.remote_id) == ("published", status["id"])
    assert status["text"] == found.text
    assert [(one.number, one.outcome) for one in found.attempts] == [(1, "published")]
    assert found.lease is None
