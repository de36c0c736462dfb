"""The job that asks again."""

from datetime import timedelta

import pytest

from app.clock import now
from app.db import session, transaction
from app.sharing import consents, fan_out, plans
from app.sharing.consent_models import StandingConsent
from app.sharing.models import Share
from tests import rows
from tests.sharing import builders as b
from workers import due
from workers.consents import ask_again, make_planned_shares


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


@pytest.mark.usefixtures("committed")
def test_plans_become_shares() -> None:
    with transaction():
        post, emil = b.post(), rows.emil()
        wanted = consents.draft(emil, account_id=b.plain_account(emil).id, topic_id=post.topic_id, per_week=1, language="en")
        consents.give(emil, wanted, read=wanted.terms)
        fan_out.plan(post)
        user_id = emil.id
    assert plans.JOB in due.jobs(now=now())
    make_planned_shares()
    assert plans.JOB not in due.jobs(now=now())
    assert session.query(Share).one().user_id == user_id
    assert b.notices(user_id) == ["share_planned"]
    assert make_planned_shares.name == plans.JOB
