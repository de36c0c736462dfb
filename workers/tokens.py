"""Renewing tokens ahead."""

from app.sharing import ledger_clock, renewing
from workers.celery import celery


@celery.task(name="renew-tokens")
def renew_tokens() -> None:
    """Renew what ends soon and is needed; many at once are harmless."""
    renewing.renew_due(now=ledger_clock.now())
