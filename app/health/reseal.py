"""Encrypting again: after a new key was put in front of ENCRYPTION_KEYS, everything that an older key sealed is sealed with the new one."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, LargeBinary, Row, Table, select, type_coerce, update

from app import models
from app.db import session, transaction
from app.sealed import Sealed, Unreadable, unseal

BATCH = 200


def sealed_columns() -> Iterator[Column[Any]]:
    """Every encrypted column of every table."""
    for table in models.metadata.sorted_tables:
        yield from (column for column in table.columns if isinstance(column.type, Sealed))


def reseal() -> int:
    """Seal everything with the newest key, some rows to a transaction; returns how many values. What no key opens is left alone.

    Harmless to repeat, and while the product runs: each row is locked while it changes.
    """
    return sum(_reseal_column(column) for column in sealed_columns())


def unreadable(most: int | None = None) -> tuple[int, int]:
    """How many sealed values there are, and how many of them no present key opens; the newest `most` of each column."""
    values = [raw for column in sealed_columns() for raw in _raw(column, most)]
    return len(values), sum(not _opens(raw) for raw in values)


def _reseal_column(column: Column[Any]) -> int:
    key, last, done = _key(column.table), None, 0
    while True:
        with transaction():
            rows = _next(column, key, last)
            done += sum(_reseal_one(column, key, row) for row in rows)
        if len(rows) < BATCH:
            return done
        last = rows[-1][0]


def _next(column: Column[Any], key: Column[Any], last: Any) -> list[Row[Any]]:
    """The next rows, locked in the order of their ids."""
    query = select(key, type_coerce(column, LargeBinary).label("raw")).where(column.is_not(None))
    if last is not None:
        query = query.where(key > last)
    return list(session.execute(query.order_by(key).limit(BATCH).with_for_update()))


def _reseal_one(column: Column[Any], key: Column[Any], row: Row[Any]) -> bool:
    try:
        value = unseal(bytes(row.raw))
    except Unreadable:
        return False
    session.execute(update(column.table).where(key == row[0]).values({column.name: value}))
    return True


def _raw(column: Column[Any], most: int | None) -> Iterator[bytes]:
    key = _key(column.table)
    query = select(type_coerce(column, LargeBinary)).where(column.is_not(None)).order_by(key.desc()).limit(most)
    return (bytes(raw) for raw in session.scalars(query, execution_options={"yield_per": BATCH}))


def _opens(raw: bytes) -> bool:
    try:
        unseal(raw)
    except (Unreadable, ValueError):
        return False
    return True


def _key(table: Any) -> Column[Any]:
    assert isinstance(table, Table)
    (key,) = table.primary_key.columns
    return key
