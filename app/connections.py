"""Whether a connection that has rested in the pool is still there."""

import select
import time
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

RESTED = 10.0
_SINCE = "rests_since"


def look_after(engine: Engine) -> None:
    """Nobody gets a connection that has ended meanwhile: all of them are made anew then.

    What `pool_pre_ping` promises, without asking the server before every page: a server that has stopped has closed its end, which shows
    here. Only after `RESTED` seconds the server is asked, because something between us may have forgotten the connection and told nobody.
    """

    def wake(connection: Any, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        since = entry.info.get(_SINCE)
        if since is not None and (_closed(connection) or (time.monotonic() - since > RESTED and not _answers(engine, connection))):
            raise InvalidatePoolError

    event.listen(engine, "checkin", _rest)
    event.listen(engine, "checkout", wake)


def _rest(connection: Any, entry: ConnectionPoolEntry) -> None:
    if connection is not None:
        entry.info[_SINCE] = time.monotonic()


def _closed(connection: Any) -> bool:
    """A server says nothing unasked but its farewell."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _answers(engine: Engine, connection: Any) -> bool:
    dialect = engine.dialect
    try:
        return bool(dialect.do_ping(connection))
    except dialect.loaded_dbapi.Error:
        return False
