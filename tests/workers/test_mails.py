"""The job that sends mail."""

from typing import TYPE_CHECKING

from sqlalchemy import select

from app.notices import mailbox
from app.notices.models import Mail
from tests.people.builders import person
from workers.mails import send_mails

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session


def test_the_job_sends_what_is_due(db: "scoped_session[Session]") -> None:
    mailbox.write(person("Emil"), "reset", facts={"name": "Emil", "company": "Us"}, url="/reset/x")
    db.commit()
    send_mails()
    send_mails()
    assert db.scalars(select(Mail.sent_at.is_not(None))).all() == [True]
