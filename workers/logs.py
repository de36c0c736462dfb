"""How workers and the schedule speak: as `app.logs` says, instead of Celery's own way."""

import sys
from typing import Any

from celery.signals import setup_logging

from app import logs


@setup_logging.connect
def speak(**_: Any) -> None:
    """Celery asks who sets up the logs: we do."""
    logs.install("beat" if "beat" in sys.argv else "worker")
