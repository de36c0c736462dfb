"""Standing consents: what they have planned, and those that have run out."""

from app.clock import now
from app.db import transaction
from app.sharing import consents, ledger_clock, planned_shares, plans
from workers.celery import celery

MOST_TURNS = 50


@celery.task(name="ask-again")
def ask_again() -> None:
    """Ask their owners, once each, a batch at a time."""
    for _turn in range(MOST_TURNS):
        with transaction():
            asked = consents.ask_again(now=now())
        if asked < consents.BATCH:
            break


@celery.task(name=plans.JOB)
def make_planned_shares() -> None:
    """Make shares of plans and tell their owners, a batch at a time, until there is none."""
    made = 1
    while made:
        with transaction():
            made = planned_shares.make(now=ledger_clock.now())
