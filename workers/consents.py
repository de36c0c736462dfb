"""Standing consents that have run out."""

from app.clock import now
from app.db import transaction
from app.sharing import consents
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
