"""The test plumbing itself: what a test leaves behind, and what it may reach."""

import socket
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.loopback import NotLoopback

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, scoped_session

COUNT = text("SELECT count(*) FROM teams")
INSERT = text("INSERT INTO teams (id, name) VALUES (gen_random_uuid(), 'Plumbing')")


def test_an_error_of_the_database_names_no_values(db: "scoped_session[Session]") -> None:
    with pytest.raises(DBAPIError) as failed:
        db.execute(text("SELECT CAST(:link AS integer) / 0 FROM nothing"), {"link": "https://here/reset/a-secret"})
    assert "nothing" in str(failed.value)
    assert "a-secret" not in str(failed.value)


@pytest.mark.parametrize("turn", [1, 2])
def test_commits_of_a_test_are_undone(db: "scoped_session[Session]", turn: int) -> None:
    assert db.execute(COUNT).scalar() == 0
    db.execute(INSERT)
    db.commit()
    db.remove()
    assert db.execute(COUNT).scalar() == 1


@pytest.mark.parametrize("turn", [1, 2])
def test_real_commits_are_seen_by_other_connections_and_cleaned(committed: "scoped_session[Session]", engine: "Engine", turn: int) -> None:
    assert committed.execute(COUNT).scalar() == 0
    committed.execute(INSERT)
    committed.commit()
    with engine.connect() as other:
        assert other.execute(COUNT).scalar() == 1


def test_rows_of_the_migrations_survive_the_cleaning(committed: "scoped_session[Session]", seeds: dict[str, bytes]) -> None:
    seeded = {name for name, rows in seeds.items() if rows}
    for name in seeds:
        assert bool(committed.execute(text(f"SELECT count(*) FROM {name}")).scalar()) == (name in seeded)


def test_the_product_is_no_superuser(db: "scoped_session[Session]") -> None:
    assert db.execute(text("SELECT current_setting('is_superuser')")).scalar() == "off"


def test_a_request_works_inside_the_undone_transaction(client: "FlaskClient", db: "scoped_session[Session]") -> None:
    db.execute(INSERT)
    db.commit()
    assert client.get("/no-such-page").status_code in (302, 404)
    assert db.execute(COUNT).scalar() == 1


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
def test_other_machines_cannot_be_reached(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(NotLoopback):
        connection.connect(address)


def test_other_names_cannot_be_looked_up() -> None:
    with pytest.raises(NotLoopback):
        socket.getaddrinfo("outspoken.example", 80)


def test_loopback_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname()).close()
