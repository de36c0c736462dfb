"""Sending mail."""

from app.notices import mailbox
from workers.celery import celery


@celery.task(name="send-mails")
def send_mails() -> None:
    """Send what is due; many at once are harmless."""
    mailbox.send_due()
