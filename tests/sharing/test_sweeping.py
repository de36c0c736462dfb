"""The hourly sweep: nothing is held for ever."""

import uuid
from datetime import timedelta

import pytest

from app.clock import now
from app.db import session, transaction
from app.sharing import sweeping
from app.sharing.account_models import PendingConnection
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, look, plain_account, post, share

pytestmark = pytest.mark.usefixtures("committed", "app")


def held(problem: str, account_state: str = "connected", **facts: object) -> uuid.UUID:
    with transaction():
        emil = rows.emil()
        account = plain_account(emil)
        found = builders.delivery(share(emil, post(), account))
        builders.force(found, "held", problem=problem, **facts)
        account.state = account_state
        return found.id


def test_what_is_held() -> None:
    """Too late: left out and told. Mended meanwhile: goes on. Still broken: waits."""
    late = held("token_invalid", "needs_reconnect", latest_at=later(minutes=-1))
    mended, broken = held("network_setup"), held("token_invalid", "needs_reconnect")
    assert sweeping.sweep(now=now()) == 2
    assert [look(one).state for one in (late, mended, broken)] == ["skipped", "queued", "held"]
    assert builders.notices(look(late).user_id) == ["delivery_skipped"]


def test_however_much_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """More than a batch that nobody can mend yet stands before what has been mended, and before nothing that is too late."""
    monkeypatch.setattr(sweeping, "BATCH", 2)
    for _ in range(5):
        held("token_invalid", "needs_reconnect", latest_at=later(minutes=30))
    mended = [held("network_setup", latest_at=later(minutes=40)) for _ in range(5)]
    late = [held("token_invalid", "needs_reconnect", latest_at=later(minutes=-1)) for _ in range(5)]
    assert sweeping.sweep(now=now()) == 10
    assert {look(one).state for one in mended} == {"queued"}
    assert {look(one).state for one in late} == {"skipped"}


def test_old_logins_are_cleared_away() -> None:
    """With the secrets in them."""
    with transaction():
        emil = rows.emil()
        facts = {"user_id": emil.id, "network": "mastodon", "host": "h", "pending": {"verifier": "secret"}}
        for age in (1, 48):
            session.add(PendingConnection(state_hash=uuid.uuid4().bytes, created_at=now() - timedelta(hours=age), **facts))
    sweeping.sweep(now=now())
    assert session.query(PendingConnection).count() == 1


def test_what_nobody_can_mend_is_not_even_looked_at() -> None:
    """However much of it waits for its owners: the database knows their accounts."""
    said = []
    for _turn in range(2):
        held("token_invalid", "needs_reconnect")
        with builders.statements() as asked:
            assert sweeping.sweep(now=now()) == 0
        said.append(len(asked))
    assert said[0] == said[1]


@pytest.mark.parametrize("problem", ["stopped", "turn"])
def test_what_goes_on_by_itself_is_left_alone(problem: str) -> None:
    """It would leave through the stop, or beside colleagues."""
    waits = held(problem)
    assert sweeping.sweep(now=now()) == 0
    assert look(waits).state == "held"
