"""Taking back, on the practice network."""

import uuid

import pytest

from app.db import session, transaction
from app.people.models import User
from app.sharing import deliveries, dispatching
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, run_until

pytestmark = pytest.mark.usefixtures("committed")


def asked(control: Control) -> uuid.UUID:
    """Published, and its owner wants it back."""
    [delivery_id] = builders.shared(control)
    dispatching.run()
    user_id = look(delivery_id).user_id
    assert len(control.statuses()) == 1
    with transaction():
        deliveries.take_back(session.get_one(User, user_id), delivery_id)
    return delivery_id


def test_gone(control: Control) -> None:
    """Deleted there, verified, and only then called taken back."""
    delivery_id = asked(control)
    assert look(delivery_id).state == "published"
    dispatching.run()
    found = look(delivery_id)
    assert (found.state, control.statuses(), found.removal_asked_at, found.reading_due_at) == ("removed", [], None, None)
    assert found.removed_at is not None


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_after", "html"])
def test_trouble_on_the_way(control: Control, fault: str) -> None:
    """Repeating is harmless, so it is repeated."""
    delivery_id = asked(control)
    control.fault(fault, method="DELETE", path="/api/v1/statuses/*")
    dispatching.run()
    run_until(later(minutes=5))
    assert (look(delivery_id).state, control.statuses()) == ("removed", [])


def test_told_to_wait(control: Control) -> None:
    """429: at the time that the network names."""
    delivery_id = asked(control)
    control.fault("status", status=429, retry_after=120, method="DELETE", path="/api/v1/statuses/*")
    dispatching.run()
    found = look(delivery_id)
    assert (found.state, found.looks) == ("published", 0)
    assert found.due_at > later(seconds=100)
    run_until(later(seconds=130))
    assert look(delivery_id).state == "removed"


def test_never(control: Control) -> None:
    """When the network will not, its owner is told to do it, once."""
    delivery_id = asked(control)
    control.fault("status", status=503, method="DELETE", path="/api/v1/statuses/*", times=None)
    for _ in range(9):
        run_until(later(hours=2))
    found = look(delivery_id)
    assert (found.state, found.removal_asked_at, found.problem) == ("published", None, "server_error")
    assert builders.notices(found.user_id) == ["delivery_not_removed"]


def test_the_token_died(control: Control) -> None:
    """Then the account asks for its owner, and the owner can take back again after reconnecting."""
    delivery_id = asked(control)
    control.fault("expire_tokens")
    dispatching.run()
    found = look(delivery_id)
    assert (found.state, found.account.state, found.removal_asked_at) == ("published", "needs_reconnect", None)
