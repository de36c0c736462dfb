"""A line to the database that one purpose holds open for itself."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from app.db import session


class Line:
    """One connection, for one thread at a time. Beside a session it saves looking whether the connection lives, at each use.

    A connection that has broken is only noticed by the statement that fails on it; the next use takes a new one.
    """

    def __init__(self, *, autocommit: bool = False) -> None:
        self._level = {"isolation_level": "AUTOCOMMIT"} if autocommit else {}
        self._connection: Connection | None = None
        self._of_the_parent: Connection | None = None
        os.register_at_fork(after_in_child=self._leave)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any error."""
        try:
            connection = self._open()
            with connection.begin():
                yield connection
        except DBAPIError:
            self.close()
            raise

    @contextmanager
    def driver(self) -> Iterator["psycopg.Connection[Any]"]:
        """The driver's own connection, for what a session cannot say; hung up on any error."""
        try:
            driver: psycopg.Connection[Any] = self._open().connection.driver_connection  # type: ignore[assignment]
            yield driver
        except (DBAPIError, psycopg.Error):
            if self._connection:
                self._connection.invalidate()
            self.close()
            raise

    def _open(self) -> Connection:
        if self._connection is None:
            self._connection = session.get_bind().engine.connect().execution_options(**self._level)
        return self._connection

    def close(self) -> None:
        """Give the connection back."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _leave(self) -> None:
        """After a fork the connection is the parent's: it must neither be used nor closed here."""
        self._of_the_parent, self._connection = self._connection, None
