"""A backup is put back: what has left since it was made is found at its network and not posted a second time."""

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from sqlalchemy import delete

import config
from app.clock import now
from app.db import session, transaction
from app.sharing import attempts, dispatching, restoring
from app.sharing.models import Attempt, Delivery
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, plan

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("committed", "app")


def as_in_the_dump(delivery_id: uuid.UUID, state: str = "queued") -> None:
    """The row as it was before it left."""
    with transaction():
        session.execute(delete(Attempt).where(Attempt.delivery_id == delivery_id))
        row = session.get_one(Delivery, delivery_id)
        row.due_at = row.sent_at or row.due_at
        row.state, row.remote_id, row.remote_url, row.published_at, row.sent_at, row.payload = state, None, None, None, None, None


@pytest.mark.parametrize("with_picture", [False, True])
def test_what_has_left_since_is_found(control: Control, with_picture: bool) -> None:
    """And what has not leaves; what is planned for later keeps its minute."""
    control.fault("ignore_idempotency_key")
    gone, held = builders.shared(control, count=2, with_picture=with_picture)
    dispatching.run()
    as_in_the_dump(gone)
    as_in_the_dump(held, "held")
    [never, planned] = builders.shared(control, count=2, with_picture=with_picture)
    plan(planned, later(hours=1))
    assert restoring.doubt(now=now()) == 3
    assert [look(one).state for one in (gone, held, never, planned)] == ["unconfirmed"] * 3 + ["queued"]
    dispatching.run()
    assert [look(one).state for one in (gone, held, never, planned)] == ["published"] * 3 + ["queued"]
    assert (control.creates(), len(control.statuses())) == (3, 3)
    assert any(str(step.words).startswith("No clear answer: a backup was put back") for step in attempts.story(look(gone)))


def test_more_than_a_batch(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it, and a second time nothing."""
    monkeypatch.setattr(restoring, "BATCH", 2)
    ids = builders.shared(control, count=5)
    assert [restoring.doubt(now=now()) for _ in range(2)] == [5, 0]
    dispatching.run()
    assert {look(one).state for one in ids} == {"published"}


def test_what_does_not_fit_any_more_is_left_to_its_owner(control: Control) -> None:
    """Nobody can say what it would have been. By the command, as an operator gives it."""
    [delivery_id] = builders.shared(control)
    with transaction():
        session.get_one(Delivery, delivery_id).text = "x" * 6000
    env = os.environ | {"PRACTICE_URL": config.settings().practice_url}
    said = subprocess.run([sys.executable, "-m", "app", "restored"], cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    assert said.stdout.startswith("1 shares may have left already.")
    found = look(delivery_id)
    assert (found.state, builders.notices(found.user_id)) == ("skipped", ["delivery_skipped"])


def test_it_is_looked_for_from_the_beginning(control: Control) -> None:
    """Nothing of the dump's own tries is left: no lease of a worker that is gone, no looks, nothing that was prepared."""
    [delivery_id] = builders.shared(control)
    with transaction():
        row = session.get_one(Delivery, delivery_id)
        row.lease, row.leased_until, row.looks, row.prepared = uuid.uuid4(), later(minutes=3), 3, {"media_ids": ["1"]}
    assert restoring.doubt(now=now()) == 1
    found = look(delivery_id)
    assert (found.state, found.lease, found.leased_until, found.looks, found.prepared) == ("unconfirmed", None, None, 0, None)
