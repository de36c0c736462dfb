"""Jobs that count what came of the shares."""

from app.insights import readings
from workers.celery import celery


@celery.task(name="take-readings")
def take_readings() -> None:
    """Ask the networks for the counts that are due."""
    readings.take_due()
