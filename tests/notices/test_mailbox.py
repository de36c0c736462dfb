"""The outbox, against a real SMTP server that also fails on command."""

import dataclasses
import email
import email.policy
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

import config
from app import db as database
from app.clock import now
from app.notices import mailbox
from app.notices.models import Mail
from app.people.models import User
from tests.notices.smtp_server import MailServer, mail_server
from tests.people.builders import person

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

FACTS = {"author": "Edda", "title": "Über Netze"}


@pytest.fixture
def settings() -> Iterator[config.Settings]:
    """Production, so that what is over is blanked."""
    before = config.settings()
    changed = dataclasses.replace(before, environment="production", mail_from="Outspoken <mail@outspoken.example>")
    config.use(changed)
    yield changed
    config.use(before)


@pytest.fixture
def server(settings: config.Settings) -> Iterator[MailServer]:
    with mail_server() as running:
        config.use(dataclasses.replace(settings, mail_url=f"smtp://127.0.0.1:{running.port}"))
        yield running


def write(user: User | None = None, **facts: str) -> Mail:
    mail = mailbox.write(user or person("Ravi"), "review_wanted", facts={**FACTS, **facts}, url="/review/1")
    database.session.commit()
    return mail


def one(db: "Db") -> Mail:
    return db.scalars(select(Mail).execution_options(populate_existing=True)).one()


def again(db: "Db") -> int:
    """The same, as if the wait were over."""
    one(db).due_at = now()
    db.commit()
    return mailbox.send_due()


def test_a_mail_arrives_with_its_headers_and_its_words_are_forgotten(db: "Db", server: MailServer) -> None:
    mail_id = write().id
    assert mailbox.send_due() == 1
    assert mailbox.send_due() == 0
    [letter] = [email.message_from_bytes(raw, policy=email.policy.default) for raw in server.letters]
    assert letter["From"] == "Outspoken <mail@outspoken.example>"
    assert letter["To"] == "ravi@outspoken.example"
    assert letter["Subject"] == "For review: Über Netze"
    assert letter["Message-ID"] == f"<{mail_id}@outspoken.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Date"].datetime - now() < timedelta(minutes=1)
    assert letter.get_content_type() == "text/plain"
    assert letter.get_content_charset() == "utf-8"
    assert "Edda has proposed a post: “Über Netze”." in letter.get_content()
    assert letter.get_content().rstrip().endswith("http://localhost/review/1")
    sent = one(db)
    assert (sent.body, sent.problem, sent.failed_at, sent.tries) == ("", None, None, 1)
    assert sent.sent_at is not None
    assert [recipient.partition(":")[2] for recipient in server.recipients] == ["<ravi@outspoken.example>"]


def test_facts_cannot_forge_headers(db: "Db", server: MailServer) -> None:
    write(title="x\r\nBcc: all@example.com\r\n\r\n<b>\u202e\x00\x07" + "y" * 500)
    assert mailbox.send_due() == 1
    letter = email.message_from_bytes(server.letters[0], policy=email.policy.default)
    assert letter["Bcc"] is None
    assert len(letter["Subject"]) <= 200
    assert not re.search(r"[\x00-\x08\x0b-\x1f]", letter.get_content().replace("\r", ""))
    assert len(server.recipients) == 1


def test_a_batch_goes_over_one_connection(db: "Db", server: MailServer) -> None:
    ravi = person("Ravi")
    for number in range(60):
        write(ravi, title=f"Post {number}")
    assert mailbox.send_due() == 60
    assert len(server.letters) == 60
    assert server.connections == 2


def test_a_permanent_no_ends_it_with_the_servers_words(db: "Db", server: MailServer) -> None:
    server.answers["RCPT"] = "550 no such person here"
    write()
    assert mailbox.send_due() == 1
    assert again(db) == 0
    failed = one(db)
    assert failed.problem == "the mail server said 550 no such person here"
    assert (failed.body, failed.sent_at) == ("", None)
    assert failed.failed_at is not None


def test_one_refused_address_does_not_hold_the_others(db: "Db", server: MailServer) -> None:
    server.answers["RCPT"] = "550 no"
    ravi = person("Ravi")
    write(ravi)
    mailbox.send_due()
    del server.answers["RCPT"]
    write(ravi)
    assert mailbox.send_due() == 1
    assert len(server.letters) == 1


@pytest.mark.parametrize(("verb", "answer"), [("MAIL", "451 busy"), ("RCPT", "450 greylisted"), ("END", "452 disk full")])
def test_a_busy_server_is_asked_again_later(db: "Db", server: MailServer, verb: str, answer: str) -> None:
    server.answers[verb] = answer
    write()
    assert mailbox.send_due() == 1
    waiting = one(db)
    assert waiting.problem == f"the mail server said {answer}"
    assert timedelta(seconds=50) < waiting.due_at - now() <= timedelta(minutes=1)
    assert mailbox.send_due() == 0
    server.answers.clear()
    assert again(db) == 1
    assert one(db).sent_at is not None


def test_without_a_connection_the_whole_batch_waits_and_is_given_up_after_a_day(db: "Db", settings: config.Settings) -> None:
    config.use(dataclasses.replace(settings, mail_url="smtp://127.0.0.1:9"))
    write()
    tried = [again(db) for _try in range(10)]
    assert tried == [1] * 8 + [0, 0]
    lost = one(db)
    assert lost.failed_at is not None
    assert lost.body == ""
    assert "no connection to the mail server" in (lost.problem or "")
    assert timedelta(hours=20) < sum(mailbox.WAITS, timedelta()) < timedelta(hours=30)


def test_a_connection_lost_after_the_text_is_tried_once_more_and_never_again(db: "Db", server: MailServer) -> None:
    server.drop_at = "END"
    write()
    assert [again(db) for _try in range(4)] == [1, 1, 0, 0]
    assert len(server.letters) == 2
    ids = {re.search(rb"Message-ID: (\S+)", letter)[1] for letter in server.letters}  # type: ignore[index]
    assert len(ids) == 1
    unsure = one(db)
    assert unsure.failed_at is not None
    assert "it may have arrived" in (unsure.problem or "")


def test_a_connection_lost_before_the_text_is_only_a_delay(db: "Db", server: MailServer) -> None:
    server.drop_at = "RCPT"
    write()
    assert [again(db) for _try in range(3)] == [1, 1, 1]
    assert one(db).failed_at is None
    server.drop_at = ""
    assert again(db) == 1
    assert len(server.letters) == 1


def test_user_and_password_come_from_the_address_and_stay_out_of_problems(db: "Db", settings: config.Settings) -> None:
    with mail_server() as server:
        config.use(dataclasses.replace(settings, mail_url=f"smtp://mail%40x:s%2Fecret@127.0.0.1:{server.port}"))
        write()
        assert mailbox.send_due() == 1
        assert server.logins == ["\0mail@x\0s/ecret"]
        server.answers["AUTH"] = "535 wrong password"
        write(db.scalars(select(User)).one())
        mailbox.send_due()
    problem = db.scalars(select(Mail.problem).where(Mail.sent_at.is_(None))).one()
    assert problem == "no connection to the mail server: 535 wrong password"


@pytest.mark.parametrize("scheme", ["smtps", "smtp+starttls"])
def test_a_server_that_cannot_prove_who_it_is_gets_nothing(db: "Db", settings: config.Settings, scheme: str) -> None:
    with mail_server() as server:
        config.use(dataclasses.replace(settings, mail_url=f"{scheme}://user:secret@127.0.0.1:{server.port}"))
        server.answers["EHLO"] = "250 HELP"
        write()
        if scheme == "smtp+starttls":
            mailbox.send_due()
            assert "STARTTLS" in (one(db).problem or "")
        assert server.logins == []
        assert server.letters == []


@pytest.mark.parametrize("url", ["mail.example", "http://127.0.0.1", "smtp://", "smtp://127.0.0.1:notaport"])
def test_a_bad_setting_delays_and_says_so(db: "Db", settings: config.Settings, url: str) -> None:
    config.use(dataclasses.replace(settings, mail_url=url))
    write()
    assert mailbox.send_due() == 1
    assert (one(db).problem or "").startswith("no connection to the mail server: ")


def test_without_a_setting_mail_waits_in_production_and_stays_readable_in_development(db: "Db", settings: config.Settings) -> None:
    write()
    assert mailbox.send_due() == 0
    assert one(db).tries == 0
    config.use(dataclasses.replace(settings, environment="development"))
    assert mailbox.send_due() == 1
    assert one(db).sent_at is not None
    assert "/review/1" in one(db).body


def test_two_workers_never_send_the_same_mail(committed: "Db", server: MailServer) -> None:
    ravi = person("Ravi")
    for number in range(120):
        mailbox.write(ravi, "review_wanted", facts={**FACTS, "title": f"Post {number}"}, url="/review/1")
    committed.commit()
    threads = [threading.Thread(target=mailbox.send_due) for _worker in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.letters) == 120
    assert len({re.search(rb"Message-ID: (\S+)", letter)[1] for letter in server.letters}) == 120  # type: ignore[index]
    assert committed.scalar(select(func.count()).where(Mail.sent_at.is_(None))) == 0


def test_what_a_killed_worker_held_is_due_again(db: "Db", server: MailServer) -> None:
    write()
    mailbox.lease()
    db.commit()
    assert mailbox.send_due() == 0
    assert one(db).due_at - now() > timedelta(minutes=9)
    assert again(db) == 1
    assert len(server.letters) == 1
