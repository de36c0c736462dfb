"""People with connected accounts, in any number, with tokens sealed as the product seals them."""

from datetime import UTC, datetime

import psycopg

from app.ids import uuid7
from app.networks.access import TokenSet
from app.networks.values import Limits
from app.sealed import seal

# One server without limits of its own for all of us, so that our own cost shows; `turn_to` another network for its limits.
NETWORK = "practice"
Connection = psycopg.Connection[tuple[object, ...]]

SETUP = """
CREATE SCHEMA IF NOT EXISTS bench;
CREATE TABLE bench.people (number int PRIMARY KEY, user_id uuid NOT NULL, account_id uuid NOT NULL);
CREATE TABLE bench.sealed (number int PRIMARY KEY, tokens bytea NOT NULL);
INSERT INTO topics (id, name_en, name_de) VALUES (gen_random_uuid(), 'Benchmark', 'Messung');
INSERT INTO users (id, email, name, field, roles, locale, time_zone, created_at) VALUES
    (gen_random_uuid(), 'author@bench.example', 'Edda', '', ARRAY['expert'], 'en', 'Europe/Berlin', now()),
    (gen_random_uuid(), 'reviewer@bench.example', 'Ravi', '', ARRAY['reviewer'], 'en', 'Europe/Berlin', now());
"""
PEOPLE = """
WITH fresh AS (
    INSERT INTO bench.people (number, user_id, account_id)
    SELECT number, bench.new_id(), bench.new_id() FROM generate_series(%(first)s::int, %(last)s::int) AS number RETURNING *
)
INSERT INTO users (id, email, name, field, roles, locale, time_zone, created_at, welcomed_at)
SELECT user_id, 'p' || number || '@bench.example', 'Person ' || number, '', ARRAY[]::text[], 'en', 'Europe/Berlin', now(), now() FROM fresh
"""
ACCOUNTS = """
INSERT INTO connected_accounts (id, user_id, network, host, remote_id, handle, name, url, scopes, tokens, limits, limits_at, visibility,
    is_default, state, connected_at)
SELECT account_id, user_id, %(network)s, %(host)s, number::text, '@p' || number, 'Person ' || number, '', 'write:statuses', tokens,
    %(limits)s::jsonb, now(), 'public', true, 'connected', now()
FROM bench.people JOIN bench.sealed USING (number) WHERE number BETWEEN %(first)s::int AND %(last)s::int
"""
NEW_ID = "CREATE FUNCTION bench.new_id() RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT {maker}()'"


class Crowd:
    """Hands out people who have not shared anything yet, so that nobody's caps stand in the way; makes more when they run out."""

    def __init__(self, connection: Connection, host: str) -> None:
        self.connection, self._host = connection, host
        self.network = NETWORK
        self.size = self.next = 0
        connection.execute(SETUP.encode())
        maker = "uuidv7" if connection.info.server_version >= 180000 else "gen_random_uuid"
        connection.execute(NEW_ID.format(maker=maker).encode())

    def take(self, count: int) -> int:
        """The number of the first of `count` fresh people, who follow each other."""
        self.reserve(count)
        self.next += count
        return self.next - count + 1

    def turn_to(self, network: str) -> None:
        """From now on people have their accounts there."""
        self.network, self.next = network, self.size

    def reserve(self, count: int) -> None:
        """See to it that the next `count` are there, so that taking them costs no time."""
        if self.next + count > self.size:
            self._grow(self.size + 1, self.next + count)

    def _grow(self, first: int, last: int) -> None:
        with self.connection.cursor().copy("COPY bench.sealed (number, tokens) FROM STDIN") as copy:
            for number in range(first, last + 1):
                copy.write_row((number, seal(TokenSet(f"t-{number}", scopes=("write:statuses",)).as_json())))
        limits = Limits(500, "grapheme", 23, 4, source="fetched", fetched_at=datetime.now(UTC))
        facts = {"first": first, "last": last, "network": self.network, "host": self._host, "limits": _dump(limits.as_json())}
        self.connection.execute(PEOPLE.encode(), facts)
        self.connection.execute(ACCOUNTS.encode(), facts)
        self.connection.execute("ANALYZE users, connected_accounts, bench.people")
        self.size = last


def _dump(value: object) -> str:
    import json  # noqa: PLC0415

    return json.dumps(value)


def click_name() -> str:
    """One batch's name, by which its rows are found again."""
    return f"bench {uuid7().hex}"
