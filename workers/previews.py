"""Fetching link previews."""

from celery import shared_task

import config
from app.editorial import previews
from app.networks.registry import web_rules


@shared_task(name="fetch-previews")
def fetch_previews() -> None:
    """Fetch until nothing is due."""
    rules = web_rules(config.settings(), version=config.VERSION)
    while previews.fetch_due(rules):
        pass
