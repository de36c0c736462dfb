"""Renewing tokens ahead."""

from app import clock
from app.sharing import renewing
from workers.celery import celery


@celery.task(name="renew-tokens")
def renew_tokens() -> None:
    """Renew what ends soon and is needed; many at once are harmless."""
    renewing.renew_due(now=clock.now())
