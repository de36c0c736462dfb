"""Alarms: told once when it stays wrong, once when it is over, whoever looks; nothing is said of what mends itself."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from app.clock import now
from app.db import transaction
from app.health import alarm_words, alarms, heartbeats, watch
from app.health.models import Alarm
from app.ids import uuid7
from app.notices.models import Mail, Notice
from app.notices.sentences import SENTENCES
from app.sharing import consents, fan_out
from app.sharing.models import Delivery
from tests import rows
from tests.health.test_health_pages import delivery
from tests.sharing import builders

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

MINUTE = timedelta(minutes=1)


def told(db: "Db") -> list[str]:
    return list(db.scalars(select(Notice.kind).order_by(Notice.id)))


def alive(at: datetime) -> None:
    heartbeats.beat("beat", at=at)
    heartbeats.beat("worker:w", at=at)


def look(at: datetime, *, living: bool = True) -> list[str]:
    """One look at that moment."""
    if living:
        alive(at)
    return alarms.look(now=at)


@pytest.fixture
def ada(db: "Db") -> None:
    """An admin who gets mails, a reviewer and an employee who are not concerned."""
    rows.ada().password_hash = "set"
    rows.ravi(), rows.emil()
    db.flush()


def test_overdue_is_told_once_and_once_when_it_is_over(db: "Db", ada: None) -> None:
    start = now()
    delivery(db, "queued", -6 * MINUTE)
    assert [look(start + one * MINUTE) for one in range(5)] == [[], ["overdue"], [], [], []]
    assert told(db) == ["alarm_overdue"]
    db.execute(update(Delivery).values(state="cancelled"))
    assert [look(start + one * MINUTE) for one in range(5, 12)] == [[], [], [], [], [], ["overdue_over"], []]
    assert told(db) == ["alarm_overdue", "alarm_overdue_over"]
    assert db.scalars(select(Alarm)).all() == []
    assert [mail.subject for mail in db.scalars(select(Mail).order_by(Mail.id))] == [
        "Outspoken: shares are overdue",
        "Outspoken: shares leave on time again",
    ]


def test_what_mends_itself_is_not_told(db: "Db", ada: None) -> None:
    start = now()
    delivery(db, "queued", -6 * MINUTE)
    look(start)
    db.execute(update(Delivery).values(state="cancelled"))
    look(start + MINUTE / 2)
    assert (told(db), db.scalars(select(Alarm)).all()) == ([], [])


def test_what_comes_and_goes_is_one_alarm(db: "Db", ada: None) -> None:
    """It is over only when it has stayed away for five minutes."""
    start = now()
    delivery(db, "queued", -6 * MINUTE)
    for turn in range(30):
        db.execute(update(Delivery).values(state="queued" if turn % 4 < 2 else "cancelled"))
        look(start + turn * MINUTE)
    assert [kind for kind in told(db) if kind != "alarm_mails"] == ["alarm_overdue"], "nobody sends the mails of this test"


def test_a_few_minutes_late_is_no_alarm(db: "Db", ada: None) -> None:
    delivery(db, "queued", -2 * MINUTE)
    start = now()
    assert [look(start), look(start + MINUTE)] == [[], []]


def test_dead_processes(db: "Db", ada: None) -> None:
    """A restart takes less than two minutes; then they are missed."""
    start = now()
    alive(start)
    assert [look(start + one * MINUTE, living=False) for one in (1, 2)] == [[], []]
    assert look(start + 3 * MINUTE, living=False) == []
    assert sorted(look(start + 4 * MINUTE, living=False)) == ["beat", "worker"]
    assert sorted(told(db)) == ["alarm_beat", "alarm_worker"]
    for one in range(5, 11):
        look(start + one * MINUTE)
    assert sorted(told(db)) == ["alarm_beat", "alarm_beat_over", "alarm_worker", "alarm_worker_over"]


def test_stuck_keys_and_mails(db: "Db", ada: None) -> None:
    start = now()
    delivery(db, "sending", -6 * MINUTE, lease=uuid7(), sent_at=start, leased_until=start - 6 * MINUTE)
    delivery(db, "held", MINUTE, problem="key_lost")
    from app.health.sweeping import id_before  # noqa: PLC0415

    db.add(Mail(id=id_before(start - 20 * MINUTE), to="a@example.com", subject="s", body="b", due_at=start + 9 * MINUTE))
    db.flush()
    look(start)
    assert sorted(look(start + 2 * MINUTE)) == ["keys", "mails", "stuck"]


def test_who_is_not_told_of_a_plan(db: "Db", ada: None) -> None:
    start, post, emil = now(), builders.post(), rows.emil()
    wanted = consents.draft(emil, account_id=builders.plain_account(emil).id, topic_id=post.topic_id, per_week=1, language="en")
    consents.give(emil, wanted, read=wanted.terms)
    fan_out.plan(post)
    assert [look(start), look(start + 2 * MINUTE)] == [[], []]
    post.approved_at = start - 11 * MINUTE
    db.flush()
    assert [look(start), look(start + 2 * MINUTE)] == [[], ["untold"]]
    builders.planned_shares_made()
    for one in range(3, 9):
        look(start + one * MINUTE)
    assert [kind for kind in told(db) if "untold" in kind] == ["alarm_untold", "alarm_untold_over"]


def test_every_kind_has_its_sentences() -> None:
    """With and without numbers, and every one says what to do."""
    for kind in alarm_words.KINDS:
        begun, over = SENTENCES[f"alarm_{kind}"], SENTENCES[f"alarm_{kind}_over"]
        assert "%(count)s" not in over.title + over.body
        assert begun.title % {"count": 3}
        assert begun.body % {"count": 3}


def test_two_lookers_tell_once(committed: "Db") -> None:
    """The job of a worker and the watch of the web server at the same moment."""
    with transaction():
        rows.ada()
        committed.add(Alarm(kind="worker", since=now() - 2 * MINUTE, facts={}))
        committed.add(Alarm(kind="beat", since=now() - 2 * MINUTE, facts={}))

    def one(_number: int) -> list[str]:
        with transaction():
            return alarms.look(now=now())

    builders.at_once(6, one)
    assert sorted(told(committed)) == ["alarm_beat", "alarm_worker"]


def test_the_watch_sends_the_mails_that_no_worker_sends(committed: "Db") -> None:
    """In development mails count as sent once somebody takes them; with worker and schedule alive, that is not the watch."""
    from dataclasses import replace  # noqa: PLC0415

    import config  # noqa: PLC0415

    with transaction():
        rows.ada().password_hash = "set"
        committed.add(Alarm(kind="worker", since=now() - 2 * MINUTE, facts={}))
    before = config.settings()
    config.use(replace(before, environment="development"))
    try:
        watch.look()
        with transaction():
            [mail] = committed.scalars(select(Mail)).all()
            assert (mail.subject, mail.sent_at is not None) == ("Outspoken: no worker runs", True)
            mail.sent_at = None
            alive(now())
        watch.look()
        committed.remove()
        [mail] = committed.scalars(select(Mail)).all()
        assert mail.sent_at is None
    finally:
        config.use(before)
