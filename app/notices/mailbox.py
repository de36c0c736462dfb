"""The outbox of mails: rows that say what is due, taken by one worker at a time, ended by success or by a clear no."""

import logging
import time
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, insert, select, update

import config
from app import db, nudges
from app.clock import now
from app.db import session
from app.notices.models import Mail
from app.notices.sentences import SENTENCES
from app.notices.smtp import Courier, Handed, Outcome, Refused, Unsure
from app.notices.words import translate
from app.people.models import User

log = logging.getLogger(__name__)

BATCH = 50
LEASE = timedelta(minutes=10)
# Between tries; after the last one the mail is given up, about a day after it was written.
WAITS = [timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 480, 720)]
LONGEST_FACT = 2000
GONE = ""


@dataclass(frozen=True)
class Receiver:
    """Somebody who gets a mail: where, and in which language."""

    id: uuid.UUID
    email: str
    locale: str


def write(user: User, kind: str, *, facts: Mapping[str, object], url: str) -> Mail:
    """Put a mail of this kind into the outbox, in the person's language; `url` is a path of ours or a whole address."""
    mail = Mail(user_id=user.id, to=user.email, **_words(user.locale, kind, facts, url))
    session.add(mail)
    _send_soon()
    return mail


def write_all(receivers: Sequence[Receiver], kind: str, *, facts: Mapping[str, object], url: str) -> None:
    """The same for many, in one statement; each language is put into words once."""
    words = {locale: _words(locale, kind, facts, url) for locale in {one.locale for one in receivers}}
    if receivers:
        session.execute(insert(Mail), [{"user_id": one.id, "to": one.email, **words[one.locale]} for one in receivers])
        _send_soon()


def _words(locale: str, kind: str, facts: Mapping[str, object], url: str) -> dict[str, str]:
    sentence = SENTENCES[kind]
    values = {name: printable(str(value)) for name, value in facts.items()}
    address = url if "://" in url else config.settings().base_url + url
    subject = " ".join(translate(locale, sentence.subject, values).split())[:200]
    return {"subject": subject, "body": f"{translate(locale, sentence.body, values)}\n{address}\n"}


def _send_soon() -> None:
    if nudges.mails not in session.info.get("on_commit", []):
        db.on_commit(nudges.mails)


def printable(text: str) -> str:
    """The text without control characters except line ends, not longer than a mail needs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(char for char in lines if char == "\n" or unicodedata.category(char) not in ("Cc", "Cs"))[:LONGEST_FACT]


def anything_due(moment: datetime) -> ColumnElement[bool]:
    """A question for the database: whether a mail waits that can be sent."""
    return select(Mail.id).where(*_due(moment)).exists() if _goes_somewhere(config.settings()) else false()


def send_due(seconds: float = 30.0) -> int:
    """Send what is due, batch by batch, for at most about this long; returns how many mails were tried.

    No transaction is open while a mail server is spoken to. Without MAIL_URL, mails wait (in development they count as sent).
    """
    settings, tried, until = config.settings(), 0, time.monotonic() + seconds
    if not _goes_somewhere(settings):
        return 0
    while time.monotonic() < until:
        with db.transaction():
            mails = lease()
        if not mails:
            break
        tried += len(mails)
        _send(mails, settings)
    return tried


def lease(most: int = BATCH) -> Sequence[Mail]:
    """Take due mails, so that no other worker sends them; what a killed worker held is due again after ten minutes."""
    chosen = select(Mail.id).where(*_due(now())).order_by(Mail.due_at).limit(most).with_for_update(skip_locked=True)
    ids = session.scalars(chosen).all()
    held = update(Mail).where(Mail.id.in_(ids)).values(due_at=now() + LEASE, tries=Mail.tries + 1).returning(Mail)
    return sorted(session.scalars(held, execution_options={"populate_existing": True}), key=lambda mail: mail.id) if ids else []


def _due(moment: datetime) -> tuple[ColumnElement[bool], ...]:
    return Mail.sent_at.is_(None), Mail.failed_at.is_(None), Mail.due_at <= moment


def _goes_somewhere(settings: config.Settings) -> bool:
    return bool(settings.mail_url or settings.development)


def _send(mails: Sequence[Mail], settings: config.Settings) -> None:
    with Courier(settings.mail_url, settings.mail_from) as courier:
        for mail in mails:
            outcome = courier.send(mail) if settings.mail_url else Handed()
            with db.transaction():
                record(mail.id, outcome, keep_body=settings.development)


def record(mail_id: uuid.UUID, outcome: Outcome, *, keep_body: bool = False) -> None:
    """Write down what came of a try. Once it is over, the words go: a link that opens an account must not lie about."""
    mail = session.get_one(Mail, mail_id, with_for_update=True)
    before, mail.problem = mail.problem, outcome.problem
    if isinstance(outcome, Handed):
        mail.sent_at = now()
    elif isinstance(outcome, Refused) or _enough(mail, outcome, before):
        mail.failed_at = now()
        log.warning("a mail was given up: %s", outcome.problem)
    else:
        mail.due_at = now() + WAITS[mail.tries - 1]
    if (mail.sent_at or mail.failed_at) and not keep_body:
        mail.body = GONE


def _enough(mail: Mail, outcome: Outcome, before: str | None) -> bool:
    """A mail that may have arrived is tried once more, never more often."""
    return mail.tries > len(WAITS) or (isinstance(outcome, Unsure) and before == outcome.problem)
