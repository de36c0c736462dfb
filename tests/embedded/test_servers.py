"""The embedded PostgreSQL and broker: whose they are, who gets in, and what outlives a crash."""

import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.embedded import ports
from app.embedded.account import give
from app.embedded.directory import DataDirectory
from app.embedded.failures import StartFailed
from app.embedded.process import Child
from app.embedded.servers import Servers
from app.embedded.supervisor import Supervisor
from tests.embedded.processes import all_gone, command_lines, descendants


class Stage:
    """Both servers in a data directory of their own; `again()` is the next start."""

    def __init__(self, path: Path) -> None:
        self.data = DataDirectory(path)
        self.data.open()
        self.again()

    def again(self) -> None:
        """Start both, as a run does."""
        self.supervisor = Supervisor(self.data.logs)
        self.servers = Servers(self.data, self.supervisor, self.data.secrets())
        self.servers.launch()
        self.servers.wait()
        self.addresses = self.servers.addresses()

    def child(self, name: str) -> Child:
        """A running service."""
        return next(child for child in self.supervisor.children if child.service.name == name)

    def database(self, **changes: Any) -> "psycopg.Connection[Any]":
        """A connection to our database."""
        return psycopg.connect(self.addresses["DATABASE_URL"], connect_timeout=5, **changes)

    def broker(self) -> redis.Redis:
        """A connection to the broker."""
        return redis.Redis.from_url(self.addresses["REDIS_URL"], socket_timeout=5)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """Both servers, made once for this file, without addresses from the tests' own environment."""
    given = {name: os.environ.pop(name) for name in ("DATABASE_URL", "REDIS_URL") if name in os.environ}
    try:
        made = Stage(tmp_path_factory.mktemp("outspoken") / "var")
        yield made
        made.supervisor.stop()
        made.data.close()
        shutil.rmtree((made.data.path / "servers").resolve())
    finally:
        os.environ.update(given)


def test_the_database_is_ours_and_sorts_the_same_everywhere(stage: Stage) -> None:
    with stage.database() as connection:
        row = connection.execute("SELECT current_user, current_setting('is_superuser'), 'a' < 'B'").fetchone()
    assert row == ("outspoken", "off", False)


@pytest.mark.parametrize("password", ["", "wrong"])
def test_the_database_lets_nobody_in_without_the_password(stage: Stage, password: str) -> None:
    with pytest.raises(psycopg.OperationalError):
        stage.database(password=password or "x")


def test_the_broker_lets_nobody_in_without_the_password(stage: Stage) -> None:
    port = urlsplit(stage.addresses["REDIS_URL"]).port
    with redis.Redis(port=port or 0, retry=Retry(NoBackoff(), 0)) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()


def test_no_password_is_on_a_command_line(stage: Stage) -> None:
    lines = command_lines()
    assert str(stage.data.path) in lines or "postgres" in lines
    assert not [secret for secret in stage.data.secrets().values() if secret in lines]


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="no /proc")
def test_both_listen_on_loopback_only(stage: Stage) -> None:
    wanted = {urlsplit(address).port for address in stage.addresses.values()}
    sockets = [line.split()[1].split(":") for table in ("tcp", "tcp6") for line in _listening(table)]
    assert {host for host, port in sockets if int(port, 16) in wanted} == {"0100007F"}


def _listening(table: str) -> list[str]:
    lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
    return [line for line in lines if line.split()[3] == "0A"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root drops its rights")
@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_root_drops_its_rights(stage: Stage, name: str) -> None:
    status = Path(f"/proc/{stage.child(name).popen.pid}/status").read_text()
    ids = [line.split()[1:] for line in status.splitlines() if line.startswith(("Uid:", "Gid:", "Groups:"))]
    assert all("0" not in line for line in ids)


def test_what_was_committed_outlives_a_crash_of_both(stage: Stage) -> None:
    with stage.database() as connection:
        connection.execute("CREATE TABLE kept (what text)")
        connection.execute("INSERT INTO kept VALUES ('a row')")
    with stage.broker() as broker:
        broker.set("kept", "a value")
        broker.execute_command("WAITAOF", 1, 0, 3000)
    family = {pid for child in stage.supervisor.children for pid in (child.popen.pid, *descendants(child.popen.pid))}
    for child in stage.supervisor.children:
        child.popen.send_signal(signal.SIGKILL)
    assert [child.popen.wait() for child in stage.supervisor.children] == [-9, -9]
    assert all_gone(family)
    stage.again()
    with stage.database() as connection, stage.broker() as broker:
        assert connection.execute("SELECT what FROM kept").fetchone() == ("a row",)
        assert broker.get("kept") == b"a value"


def test_an_interrupted_first_start_is_made_good(stage: Stage) -> None:
    whole = stage.servers.cluster
    assert whole
    home = whole.home / "second"
    (home / "pg0.new").mkdir(parents=True)
    (home / "pg0.new" / "half").write_text("written when the power went")
    half = replace(whole, home=home, program=replace(whole.program, version=(0, 1)))
    assert not half.exists()
    for path in (home, home / "pg0.new"):
        give(half.account, path)
    with pytest.raises(StartFailed, match="initdb ended by itself"):
        half.create(stage.supervisor, admin_password="a", password="b", options=("--no-such-option",))
    assert not half.exists()
    half.create(stage.supervisor, admin_password="a", password="b", options=("--no-sync",))
    assert (half.directory / "PG_VERSION").exists()
    assert not (half.directory / "half").exists()
    assert not (home / "password.new").exists()


def test_given_addresses_start_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@db.example/outspoken")
    monkeypatch.setenv("BROKER_URL", "redis://broker.example/0")
    monkeypatch.delenv("REDIS_URL", raising=False)
    data = DataDirectory(tmp_path)
    data.open()
    servers = Servers(data, Supervisor(data.logs), data.secrets())
    servers.launch()
    servers.wait()
    data.close()
    assert servers.addresses() == {"REDIS_URL": "redis://broker.example/0"}
    assert not (tmp_path / "servers").exists()


def test_ports_that_only_we_use_are_free() -> None:
    assert all(ports.is_free(port) for port in ports.pick(5))
