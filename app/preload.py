"""Imports what our processes are made of. Reads no setting, opens nothing: made for a process that only forks."""

from importlib import import_module

from sqlalchemy.orm import configure_mappers

from app.factory import ROOMS

# The parts of Celery and Granian that they import only when they start.
LIBRARIES = (
    *("celery.apps.worker", "celery.beat", "celery.concurrency.thread", "celery.worker.consumer", "celery.worker.components"),
    *("kombu.transport.redis", "granian", "granian.server", "psycopg"),
)
OURS = (
    "app.models",
    "app.serving",
    "app.working",
    "app.practice.server",
    "app.notices.mailbox",
    "app.insights.readings",
    "app.sharing.dispatching",
)


def everything() -> None:
    """All of it, once; the mappers are put together."""
    for name in (*OURS, *ROOMS, *LIBRARIES):
        import_module(name)
    configure_mappers()
