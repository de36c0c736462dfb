"""Which jobs have something to do: one question for all of them, so that an idle product sends no message about nothing.

What somebody waits for is nudged at its commit (`app/nudges.py`); this finds what a nudge has missed, and what is tried again.
"""

from collections.abc import Callable
from datetime import datetime

from celery import Celery
from sqlalchemy import ColumnElement, select

from app.db import session, transaction
from app.editorial import previews
from app.insights import readings
from app.notices import mailbox
from app.sharing import plans, preflight, renewing, stopping, sweeping

QUESTIONS: dict[str, Callable[[datetime], ColumnElement[bool]]] = {
    "stops": stopping.anything_due,
    "leave-out-late": sweeping.anything_late,
    plans.JOB: plans.anything_due,
    "check-ahead": preflight.anything_due,
    "renew-tokens": renewing.anything_due,
    "send-mails": mailbox.anything_due,
    "fetch-previews": previews.anything_due,
    "take-readings": readings.anything_due,
}
# Asked again at the next sign of life: no message needs to live for longer.
EXPIRES = 15


def call(celery: Celery, *, now: datetime) -> list[str]:
    """Send a message for each job that has something to do; returns their names."""
    due = jobs(now=now)
    for name in due:
        celery.send_task(name, expires=EXPIRES)
    return due


def jobs(*, now: datetime) -> list[str]:
    """The names of the jobs for which something is due."""
    with transaction():
        answers = session.execute(select(*(question(now).label(name) for name, question in QUESTIONS.items()))).one()
    return [name for name, due in zip(QUESTIONS, answers, strict=True) if due]
