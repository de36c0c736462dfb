"""How Alembic reaches the database and knows the models."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import create_engine

import config
from app.models import metadata
from app.sealed import Sealed


def render_item(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Sealed columns are plain bytes to the database."""
    return "sa.LargeBinary()" if kind == "type" and isinstance(item, Sealed) else False


def run() -> None:
    """Migrate in one transaction, under a lock so that two processes cannot migrate at once."""
    engine = create_engine(config.settings().database_url)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, compare_type=True, render_item=render_item)
        with context.begin_transaction():
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7263451)")
            context.run_migrations()
    engine.dispose()


run()
