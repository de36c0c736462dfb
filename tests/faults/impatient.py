"""The product's own Celery application with short waits, for tests that kill workers: `celery -A tests.faults.impatient`."""

from app.sharing import pace
from workers.celery import celery

pace.use(pace.Pace(leased=2, sending=6, awake=1, leaves=2, looks=(1, 2, 3), back_off=(1, 1, 1, 1)))

__all__ = ["celery"]
