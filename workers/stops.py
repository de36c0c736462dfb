"""Jobs for what is held: it follows stops and their end, and what is too late is left out."""

from app.sharing import ledger_clock, stopping, sweeping
from workers.celery import celery


@celery.task(name="stops")
def follow_stops() -> None:
    """Until nothing is left to do; many at once are harmless."""
    stopping.run()


@celery.task(name="leave-out-late")
def leave_out_late() -> None:
    """Within seconds of their latest time its owners are asked, and not only at the hourly sweep."""
    sweeping.leave_out_late(now=ledger_clock.now())
