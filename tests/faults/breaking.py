"""Ways to break what stands around the ledger, each with its way back."""

import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import redis

from app.embedded import postgres
from app.embedded.process import Child
from tests.faults.ground import Ground, signal_all

REFUSED_COMMIT = """
CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the commit after the answer fails' USING ERRCODE = '57P01'; END $$
"""
REFUSES_COMMIT = """
CREATE CONSTRAINT TRIGGER refused AFTER UPDATE ON deliveries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state = 'sending' AND NEW.state = 'published') EXECUTE FUNCTION refused()
"""
# What a release brings: columns and an index on the busiest table, with all the locks that this takes.
BEFORE = (
    "ALTER TABLE deliveries ADD COLUMN brought text DEFAULT 'x'",
    "CREATE INDEX brought ON deliveries (brought)",
    "SELECT pg_sleep(1.5)",
)
AFTER = ("DROP INDEX brought", "ALTER TABLE deliveries DROP COLUMN brought", "SELECT pg_sleep(1)")
# A clock of PostgreSQL's that can be stepped: what the ledger asks is found in this schema first.
STEPPED = (
    "CREATE SCHEMA IF NOT EXISTS stepped",
    "CREATE TABLE IF NOT EXISTS stepped.step (by interval NOT NULL)",
    "INSERT INTO stepped.step SELECT '0' WHERE NOT EXISTS (SELECT FROM stepped.step)",
    *(
        f"CREATE OR REPLACE FUNCTION stepped.{clock}() RETURNS timestamptz LANGUAGE sql {kind} AS"
        f" 'SELECT pg_catalog.{clock}() + (SELECT by FROM stepped.step)'"
        for clock, kind in (("now", "STABLE"), ("statement_timestamp", "STABLE"), ("clock_timestamp", "VOLATILE"))
    ),
    "GRANT USAGE ON SCHEMA stepped TO outspoken",
    "GRANT SELECT ON stepped.step TO outspoken",
)


def kill_postgres(ground: Ground) -> None:
    """`kill -9` of the server and all it serves, and back."""
    signal_all(ground.postgres, signal.SIGKILL)
    _buried(ground)
    ground.start_postgres()


def restart_postgres(ground: Ground) -> None:
    """As for an upgrade."""
    ground.postgres.ask_to_stop()
    _buried(ground)
    ground.start_postgres()


def _buried(ground: Ground) -> None:
    ground.postgres.popen.wait()
    ground.supervisor.children.remove(ground.postgres)


def stalled_postgres(ground: Ground) -> AbstractContextManager[None]:
    """It neither answers nor hangs up."""
    return _asleep(ground.postgres)


@contextmanager
def no_connections(ground: Ground) -> Iterator[None]:
    """All that there were are closed, and new ones are refused."""
    ground.sql(f"ALTER ROLE {postgres.ROLE} CONNECTION LIMIT 0")
    _hang_up(ground)
    try:
        yield
    finally:
        ground.sql(f"ALTER ROLE {postgres.ROLE} CONNECTION LIMIT -1")


@contextmanager
def read_only(ground: Ground) -> Iterator[None]:
    """As after a failover to a replica."""
    ground.sql(f'ALTER DATABASE "{ground.database}" SET default_transaction_read_only = on')
    _hang_up(ground)
    try:
        yield
    finally:
        _writable(ground)


def _writable(ground: Ground) -> None:
    ground.sql("SET default_transaction_read_only = off", f'ALTER DATABASE "{ground.database}" RESET default_transaction_read_only')
    _hang_up(ground)


def _hang_up(ground: Ground) -> None:
    ground.ask("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %(role)s", {"role": postgres.ROLE})


@contextmanager
def refused_commits(ground: Ground) -> Iterator[None]:
    """Whatever the network has answered cannot be committed."""
    ground.sql(REFUSED_COMMIT, REFUSES_COMMIT)
    try:
        yield
    finally:
        ground.sql("DROP TRIGGER refused ON deliveries", "DROP FUNCTION refused")


def migrate(ground: Ground, statements: tuple[str, ...]) -> None:
    """All of it in one transaction, as a migration runs; others wait for its locks."""
    with ground.admin() as connection, connection.transaction():
        for statement in statements:
            connection.execute(statement.encode())


def stalled_network(ground: Ground) -> AbstractContextManager[None]:
    """It takes connections, and says nothing."""
    return _asleep(ground.practice)


def set_clock(ground: Ground, step: str) -> None:
    """PostgreSQL's clock goes wrong by this interval."""
    ground.sql(f"UPDATE stepped.step SET by = '{step}'")


@contextmanager
def steppable_clock(ground: Ground) -> Iterator[None]:
    """PostgreSQL's clock can be stepped in this block."""
    ground.sql(*STEPPED, f'ALTER DATABASE "{ground.database}" SET search_path = stepped, public, pg_catalog')
    set_clock(ground, "0")
    _hang_up(ground)
    try:
        yield
    finally:
        ground.sql(f'ALTER DATABASE "{ground.database}" RESET search_path')
        _hang_up(ground)


def flush_redis(ground: Ground) -> None:
    """Every message and every count is gone."""
    with redis.Redis.from_url(ground.redis_url) as open_:
        open_.flushall()


def kill_redis(ground: Ground, *, empty: bool = False) -> None:
    """`kill -9`, and back, perhaps with nothing in it."""
    ground.redis.kill_group()
    ground.redis.popen.wait()
    ground.supervisor.children.remove(ground.redis)
    if empty:
        shutil.rmtree(ground.home / "valkey", ignore_errors=True)
    ground.start_redis()


def stalled_redis(ground: Ground) -> AbstractContextManager[None]:
    """It neither answers nor hangs up."""
    return _asleep(ground.redis)


@contextmanager
def full_redis(ground: Ground) -> Iterator[None]:
    """It takes nothing any more."""
    with redis.Redis.from_url(ground.redis_url) as open_:
        open_.config_set("maxmemory", "1")
        try:
            yield
        finally:
            open_.config_set("maxmemory", "0")


def stop_workers(ground: Ground) -> None:
    """Both are asked to stop at the same time, and finish what they are sending."""
    before = [(name, child) for name, child in ground.crew.items() if name.startswith("worker")]
    for _name, child in before:
        child.ask_to_stop()
    for name, child in before:
        ground.wait(child.ended, f"the end of {name}")
        assert ground.end(name) in (0, -signal.SIGTERM)  # or it had not quite begun


def exchange_workers(ground: Ground, *, kill: bool = False) -> None:
    """In their place come others, under the present settings, which have no connection yet."""
    if kill:
        for name in [name for name in ground.crew if name.startswith("worker")]:
            ground.end(name)
    else:
        stop_workers(ground)
    ground.full_crew()


@contextmanager
def reached_at(ground: Ground, address: str, **environment: str) -> Iterator[None]:
    """The practice network is reached there in this block, by workers that have no connection yet and this in their environment."""
    before = ground.environment
    ground.environment = before | {"PRACTICE_URL": address} | environment
    exchange_workers(ground, kill=True)
    try:
        yield
    finally:
        ground.environment = before
        exchange_workers(ground, kill=True)


def stalled(ground: Ground, name: str) -> AbstractContextManager[None]:
    """One of the crew is asleep, as a machine is that was suspended."""
    return _asleep(ground.crew[name])


def heal(ground: Ground) -> None:
    """All is well again, whatever was broken."""
    for server in (ground.postgres, ground.redis, ground.practice, *ground.crew.values()):
        signal_all(server, signal.SIGCONT)
    if ground.postgres.ended():
        _buried(ground)
        ground.start_postgres()
    if ground.redis.ended():
        kill_redis(ground)
    ground.clock.write_text("0")
    ground.judge.calm()
    ground.wait(lambda: _usable(ground), "a database that can be used")
    ground.full_crew()


def _usable(ground: Ground) -> bool:
    try:
        ground.ask("SELECT 1")
    except psycopg.Error:
        time.sleep(0.2)
        return False
    return True


@contextmanager
def _asleep(child: Child) -> Iterator[None]:
    signal_all(child, signal.SIGSTOP)
    try:
        yield
    finally:
        signal_all(child, signal.SIGCONT)
