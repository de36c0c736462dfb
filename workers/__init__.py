"""Celery's side of the house: which jobs there are, and when. The work itself is in `app/`."""

from workers import logs

__all__ = ["logs"]
