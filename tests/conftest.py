"""What every test stands on: real servers, a database of its own, and a transaction that is undone afterwards.

- `db`: the product's session inside a transaction that is rolled back after the test; `commit()` works and is undone all the same.
- `committed`: the same session with real commits, for tests with several connections, threads or processes; emptied afterwards.
- `client`: a browser without JavaScript, on `db` (or on `committed` when the test asks for that).
"""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import redis

from tests import loopback, servers, tables

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, scoped_session

ADDRESSES = pytest.StashKey[servers.Addresses]()
RUNNING = pytest.StashKey[servers.Servers]()
# What the developer's shell may hold and no test may see.
SETTINGS = (
    *("BROKER_URL", "MAIL_URL", "MAIL_FROM", "COMPANY_NAME", "ACCENT_COLOUR", "LOGO_PATH", "PRACTICE_URL", "TRUSTED_PROXIES"),
    *("UNDO_SECONDS", "EXACT_CLICKS", "PRACTICE_RATES", "ALLOWED_PRIVATE_HOSTS", "PRACTICE_CONTROL_TOKEN", "METRICS_TOKEN", "LOG_FORMAT"),
)


def pytest_configure(config: pytest.Config) -> None:
    """The controller starts the servers; every process that runs tests makes its database and its settings."""
    loopback.hold()
    given = getattr(config, "workerinput", None)
    if given is None:
        config.stash[RUNNING] = servers.Servers()
        config.add_cleanup(config.stash[RUNNING].stop)
        config.stash[ADDRESSES] = config.stash[RUNNING].start()
    if given is not None or not _distributes(config):
        _settle(config, given)


def _distributes(config: pytest.Config) -> bool:
    return getattr(config.option, "dist", "no") != "no"


def _settle(config: pytest.Config, given: dict[str, Any] | None) -> None:
    worker = given["workerid"] if given else "master"
    shared = servers.Addresses(**given["addresses"]) if given else config.stash[ADDRESSES]
    config.stash[ADDRESSES] = own = servers.create_database(shared, f"test_{os.getpid()}")
    for name in SETTINGS:
        os.environ.pop(name, None)
        os.environ.pop(f"{name}_FILE", None)
    os.environ.update(servers.environment(own, int(worker.removeprefix("gw")) + 1 if given else 0))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell an xdist worker where the servers are."""
    node.workerinput["addresses"] = node.config.stash[ADDRESSES].as_dict()


@pytest.fixture(scope="session")
def app() -> "Flask":
    """The web application, made once per process."""
    from app.factory import create_app  # noqa: PLC0415 - reads the settings made above

    return create_app()


@pytest.fixture(scope="session")
def addresses(pytestconfig: pytest.Config) -> servers.Addresses:
    """The servers, and this process's own database on them."""
    return pytestconfig.stash[ADDRESSES]


@pytest.fixture(scope="session")
def engine() -> "Iterator[Engine]":
    """Connections to this process's own database."""
    import config  # noqa: PLC0415
    from app import db, models  # noqa: F401, PLC0415
    from app.sharing import ledger_clock  # noqa: PLC0415

    made = db.connect(config.settings().database_url)
    ledger_clock.trust()
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def _redis() -> "Iterator[redis.Redis]":
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as connection:
        yield connection


@pytest.fixture
def db(request: pytest.FixtureRequest, engine: "Engine", _redis: "redis.Redis") -> "Iterator[scoped_session[Session]]":
    """The product's session; whatever the test does, commits included, is undone afterwards."""
    from app import db as database  # noqa: PLC0415

    _app_first(request)
    _redis.flushdb()
    with engine.connect() as connection:
        outer = connection.begin()
        database.bind(bind=connection, join_transaction_mode="create_savepoint")
        yield database.session
        database.bind(bind=engine, join_transaction_mode="conditional_savepoint")
        outer.rollback()


@pytest.fixture
def committed(
    request: pytest.FixtureRequest, pytestconfig: pytest.Config, engine: "Engine", _redis: "redis.Redis", seeds: dict[str, bytes]
) -> "Iterator[scoped_session[Session]]":
    """The product's session with real commits; all tables are put back to what the migrations left."""
    from app import db as database  # noqa: PLC0415

    _app_first(request)
    _redis.flushdb()
    database.bind(bind=engine, join_transaction_mode="conditional_savepoint")
    yield database.session
    database.session.remove()
    tables.restore(pytestconfig.stash[ADDRESSES].admin, seeds)


def _app_first(request: pytest.FixtureRequest) -> None:
    """Making the application binds the sessions, so it must not happen after we bound them."""
    if "app" in request.fixturenames:
        request.getfixturevalue("app")


@pytest.fixture(scope="session")
def seeds(pytestconfig: pytest.Config, engine: "Engine") -> dict[str, bytes]:
    """Every table's rows as the migrations made them."""
    return tables.read(pytestconfig.stash[ADDRESSES].admin)


@pytest.fixture
def client(request: pytest.FixtureRequest, app: "Flask") -> "FlaskClient":
    """A browser without JavaScript; nobody is signed in."""
    request.getfixturevalue("committed" if "committed" in request.fixturenames else "db")
    return app.test_client()
