"""Looking at planned shares an hour before they are due."""

from app.sharing import ledger_clock, preflight
from workers.celery import celery


@celery.task(name="check-ahead")
def check_ahead() -> None:
    """Check until nothing is due for now; many at once are harmless."""
    while preflight.check_due(now=ledger_clock.now()) == preflight.BATCH:
        pass
