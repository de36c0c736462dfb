"""Migrations and models say the same, and every step can be taken back, on an empty database of its own."""

from collections.abc import Iterator
from dataclasses import replace

import psycopg
import pytest
from alembic import command
from psycopg import sql

import config
from app import migrate
from tests import servers

NAME = "migrations_up_and_down"
# Everything that a migration can leave behind: columns, indexes, constraints, functions, triggers.
SCHEMA = """
SELECT 'column', table_name || '.' || column_name, data_type || is_nullable || coalesce(column_default, '')
  FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'trigger', tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1, 2, 3
"""


@pytest.fixture
def empty(addresses: servers.Addresses) -> Iterator[str]:
    """The address of an empty database, to which the settings point meanwhile."""
    name, before = f"{NAME}_{psycopg.conninfo.conninfo_to_dict(addresses.owner)['dbname']}", config.settings()
    owner = psycopg.conninfo.conninfo_to_dict(addresses.owner)["user"]
    with psycopg.connect(addresses.admin, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0").format(*map(sql.Identifier, (name, str(owner)))))
        own = addresses.database(name).owner
        config.use(replace(before, database_url=own.replace("postgresql://", "postgresql+psycopg://", 1)))
        yield own
        config.use(before)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def schema(address: str) -> list[tuple[str, str, str]]:
    with psycopg.connect(address) as connection:
        return connection.execute(SCHEMA).fetchall()


def test_up_and_down_and_up_again(empty: str) -> None:
    migrate.upgrade()
    up = schema(empty)
    assert len([one for one in up if one[0] == "column"]) > 150
    migrate.downgrade("base")
    assert {place.split(".")[0].removesuffix("_pkc") for _, place, _ in schema(empty)} == {"alembic_version"}
    migrate.upgrade()
    assert schema(empty) == up


def test_models_and_migrations_are_in_step(empty: str) -> None:
    migrate.upgrade()
    command.check(migrate.alembic_config())


def test_migrating_twice_changes_nothing(empty: str) -> None:
    migrate.upgrade()
    before = schema(empty)
    migrate.upgrade()
    assert schema(empty) == before
