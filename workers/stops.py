"""The job that follows stops: what they reach is held, what none reaches any more goes on."""

from app.sharing import stopping
from workers.celery import celery


@celery.task(name="stops")
def follow_stops() -> None:
    """Until nothing is left to do; many at once are harmless."""
    stopping.run()
