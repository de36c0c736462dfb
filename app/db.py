"""The database: the base of all tables, the session of this thread, and the only place that commits."""

import logging
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import TIMESTAMP, Engine, MetaData, Text, Uuid, create_engine
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column, scoped_session, sessionmaker

from app import connections
from app.clock import now
from app.ids import uuid7

log = logging.getLogger(__name__)

Json = dict[str, Any]


class Base(DeclarativeBase):
    """Every table of ours."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {
        datetime: TIMESTAMP(timezone=True),
        uuid.UUID: Uuid(),
        str: Text(),
        Json: JSONB(),
    }


Id = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid7)]
Created = Annotated[datetime, mapped_column(default=now)]

_factory = sessionmaker(expire_on_commit=False)
session: scoped_session[Session] = scoped_session(_factory)


def connect(url: str, *, pool_size: int = 8) -> Engine:
    """Point the sessions of this process at a database; returns the engine. Its errors name no values: they go into logs."""
    engine = create_engine(url, pool_size=pool_size, max_overflow=4, pool_use_lifo=True, hide_parameters=True)
    connections.look_after(engine)
    _factory.configure(bind=engine)
    return engine


def bind(**options: Any) -> None:
    """Configure the sessions directly (a test binds them to one connection)."""
    session.remove()
    _factory.configure(**options)


def on_commit(action: Callable[[], None]) -> None:
    """Run `action` after the present transaction has been committed; it is forgotten on a rollback.

    For nudges only: what must happen is a row, because a process may die between the commit and the action.
    """
    session.info.setdefault("on_commit", []).append(action)


def commit() -> None:
    """Commit, then run what waited for it. A failing nudge is logged and costs nothing."""
    session.commit()
    for action in session.info.pop("on_commit", []):
        try:
            action()
        except Exception:
            log.warning("a nudge after the commit failed; the row will be found by the schedule", exc_info=True)


def rollback() -> None:
    """Undo everything since the last commit."""
    session.info.pop("on_commit", None)
    session.rollback()


def lock(row: Base) -> None:
    """Hold a row until the end of the transaction and read it anew; whoever else wants it waits."""
    session.refresh(row, with_for_update={"of": type(row)})


@contextmanager
def apart() -> Iterator[Session]:
    """A short transaction of its own, whatever this thread's session is in the middle of: what is noted here is noted, come what may."""
    with _factory.begin() as own:
        yield own


@contextmanager
def transaction() -> Iterator[Session]:
    """One transaction of a worker or a command: commits at the end, rolls back on any error, frees the connection."""
    try:
        yield session()
        commit()
    except BaseException:
        rollback()
        raise
    finally:
        session.remove()
