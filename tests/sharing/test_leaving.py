"""Somebody leaves while a worker is busy with their account: whoever locks first, nobody waits for ever."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.db import session, transaction
from app.people import deactivation
from app.people.models import User
from app.sharing import leaving
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import look, plain_account, post, share

pytestmark = pytest.mark.usefixtures("committed", "app")
leaving.register()
WAITS = builders.sql("SELECT count(*) FROM pg_locks WHERE NOT granted")


def test_accounts_are_locked_before_their_deliveries() -> None:
    """As a worker does that has lost an account's tokens: the other order would be a deadlock."""
    with transaction():
        account = plain_account(emil := rows.emil())
        one = builders.delivery(share(emil, post(), account))
        (admin := rows.ada()).password_hash = "set"
        user_id, account_id, delivery_id, admin_id = emil.id, account.id, one.id, admin.id

    def leave() -> None:
        with transaction():
            deactivation.deactivate(user_id, by=session.get_one(User, admin_id))

    with ThreadPoolExecutor(1) as beside:
        with transaction():
            session.execute(builders.sql("SELECT FROM connected_accounts WHERE id = :id FOR UPDATE"), {"id": account_id})
            leaving_ = beside.submit(leave)
            end = time.monotonic() + 30
            while not session.scalar(WAITS):
                assert time.monotonic() < end, "whoever leaves waits for the worker"
                time.sleep(0.01)
            session.execute(builders.sql("SELECT FROM deliveries WHERE id = :id FOR UPDATE NOWAIT"), {"id": delivery_id})
        leaving_.result()
    assert (look(delivery_id).state, look(delivery_id).problem) == ("cancelled", "person_left")
