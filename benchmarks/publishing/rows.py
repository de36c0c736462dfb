"""The table of the contestants that are not us: a delivery, stripped to what has to be sent."""

import time
from collections.abc import Sequence
from datetime import datetime

import psycopg

TABLE = """
CREATE TABLE IF NOT EXISTS queue (
    id bigserial PRIMARY KEY, owner text NOT NULL, account int NOT NULL, body text NOT NULL, due_at timestamptz NOT NULL,
    state text NOT NULL DEFAULT 'queued', remote_id text, published_at timestamptz
);
CREATE INDEX IF NOT EXISTS ix_queue_due ON queue (owner, due_at, id) WHERE state = 'queued';
"""
FILL = """
INSERT INTO queue (owner, account, body, due_at)
SELECT %(owner)s::text, %(first)s::int + n - 1,
    'Our new pump ran through the winter. http://localhost/s/' || %(owner)s::text || (%(first)s::int + n - 1),
    (%(due)s::timestamptz[])[1 + (n - 1) %% cardinality(%(due)s::timestamptz[])]
FROM generate_series(1, %(count)s::int) AS n RETURNING id
"""
_numbers = iter(range(10_000_000, 2**31, 1_000_000))


def make(address: str) -> None:
    """The table."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(TABLE.encode())


def fill(address: str, owner: str, count: int, due: Sequence[datetime]) -> tuple[int, list[int]]:
    """Queue deliveries of `count` accounts; returns the first account's number and the ids."""
    first = next(_numbers)
    with psycopg.connect(address, autocommit=True) as connection:
        facts = {"owner": owner, "first": first, "count": count, "due": list(due)}
        return first, [int(row[0]) for row in connection.execute(FILL.encode(), facts).fetchall()]


def left(address: str, owner: str) -> int:
    """How many are not published yet."""
    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(b"SELECT count(*) FROM queue WHERE owner = %s AND state <> 'published'", (owner,)).fetchone()
        return int(row[0]) if row else 0


def sleep_until(moment: float) -> None:
    """Seconds since 1970."""
    time.sleep(max(0.0, moment - time.time()))
