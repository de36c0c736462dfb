"""Looking for trouble, and counting what monitoring asks for."""

from app import clock
from app.db import transaction
from app.health import alarms, tallies
from workers.celery import celery


@celery.task(name="look-for-trouble")
def look_for_trouble() -> None:
    """Tell the admins what stays wrong, once."""
    with transaction():
        alarms.look(now=clock.now())


@celery.task(name="count-on")
def count_on() -> None:
    """Count what is new for monitoring, a piece at a time."""
    more = True
    while more:
        with transaction():
            more = tallies.count_on(now=clock.now())
