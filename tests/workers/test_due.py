"""What calls the jobs: only those that have something to do, by the message that says that we live."""

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import redis
from sqlalchemy import update

import config
from app.clock import now
from app.db import session, transaction
from app.editorial.media_models import LinkPreview
from app.notices import mailbox
from app.sharing import consents, fan_out, stops
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("committed")


def _mail() -> None:
    mailbox.write(rows.emil(), "reset", facts={"name": "Emil", "company": "Us"}, url="/reset/x")


def _preview() -> None:
    session.add(LinkPreview(url="https://127.0.0.1/1"))


def _delivery(**values: object) -> None:
    emil = rows.emil()
    builders.share(emil, builders.post(), builders.plain_account(emil), at=later(minutes=30))
    session.flush()
    session.execute(update(Delivery).values(check_due_at=None))
    if values:
        session.execute(update(Delivery).values(values))


def _tokens() -> None:
    _delivery()
    session.execute(update(ConnectedAccount).values(expires_at=later(minutes=5)))


def _stop() -> None:
    stops.stop(rows.ravi(), scope="network", subject="mastodon", reason="They have an outage.")


def _plan() -> None:
    post, emil = builders.post(), rows.emil()
    account = builders.plain_account(emil)
    wanted = consents.draft(emil, account_id=account.id, topic_id=post.topic_id, per_week=1, language="en")
    consents.give(emil, wanted, read=wanted.terms)
    fan_out.plan(post)


def _late() -> None:
    _delivery(state="held", problem="network_setup", latest_at=later(seconds=-1))


CAUSES: "dict[str, Callable[[], None]]" = {
    "stops": _stop,
    "make-planned-shares": _plan,
    "leave-out-late": _late,
    "check-ahead": lambda: _delivery(check_due_at=now()),
    "renew-tokens": _tokens,
    "send-mails": _mail,
    "fetch-previews": _preview,
    "take-readings": lambda: _delivery(reading_due_at=now()),
}


def test_when_nothing_is_due_nothing_is_called() -> None:
    from workers import due  # noqa: PLC0415 - Celery reads the settings when it is imported

    with transaction():
        _delivery(check_due_at=later(minutes=1), reading_due_at=later(minutes=1))
    assert due.jobs(now=now()) == []
    assert set(CAUSES) == set(due.QUESTIONS)


@pytest.mark.parametrize("job", CAUSES)
def test_what_has_something_to_do_is_called_and_nothing_else(job: str) -> None:
    from workers import due  # noqa: PLC0415

    with transaction():
        CAUSES[job]()
    assert due.jobs(now=_soon()) == [job]


def test_a_sign_of_life_calls_what_is_due() -> None:
    """A message for it lies at the broker, and it ends before it could pile up."""
    from workers import beats, due  # noqa: PLC0415

    with transaction():
        _mail()
    with redis.Redis.from_url(config.settings().broker_url) as broker:
        broker.delete("celery")
        beats.beat.apply()
        [message] = [json.loads(one) for one in broker.lrange("celery", 0, -1)]
        broker.delete("celery")
    assert message["headers"]["task"] == "send-mails"
    assert datetime.fromisoformat(message["headers"]["expires"]) < now() + timedelta(seconds=due.EXPIRES + 1)


def _soon() -> datetime:
    """A mail that was just written is due at this moment, not before it."""
    return now() + timedelta(seconds=1)
