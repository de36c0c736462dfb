"""The job that asks again."""

from datetime import timedelta

import pytest

from app.clock import now
from app.db import session, transaction
from app.sharing import consents
from app.sharing.consent_models import StandingConsent
from tests import rows
from tests.sharing import builders as b
from workers.consents import ask_again


@pytest.mark.usefixtures("committed")
def test_it_asks_each_owner_once() -> None:
    with transaction():
        emil = rows.emil()
        wanted = consents.draft(emil, account_id=b.plain_account(emil).id, topic_id=rows.topic().id, per_week=1, language="en")
        consents.give(emil, wanted, read=wanted.terms).ask_again_at = now() - timedelta(days=1)
        user_id = emil.id
    ask_again()
    ask_again()
    assert b.notices(user_id) == ["consent_asks_again"]
    assert session.query(StandingConsent).one().asked_at is not None
