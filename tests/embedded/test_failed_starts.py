"""Every failed start: exit code 1, one sentence that says what to do, no traceback, nothing started."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.embedded import ports
from app.embedded.directory import DataDirectory
from app.embedded.run import main

Start = Callable[..., str]


@pytest.fixture
def start(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Start:
    """Start the product where it must fail; returns what a person reads."""
    for name in ("DATABASE_URL", "REDIS_URL", "BROKER_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str, data: Path = tmp_path / "var") -> str:
        assert main(["--data", str(data), "--no-demo", *arguments]) == 1
        said = capsys.readouterr().out
        assert len(said.strip().splitlines()) == 1
        return said

    return run


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.create_server(("127.0.0.1", ports.pick(1)[0])) as server:
        yield server.getsockname()[1]


def test_the_port_is_taken(start: Start, taken: int) -> None:
    assert f"Port {taken} for the pages is taken: choose another with --port N." in start("--port", str(taken))


def test_the_practice_networks_port_is_taken(start: Start, taken: int, tmp_path: Path) -> None:
    (tmp_path / "practice-port").write_text(str(taken))
    said = start("--port", str(ports.pick(1)[0]), data=tmp_path)
    assert f"Port {taken} for the practice network is taken: stop what uses it" in said


def test_the_data_directory_is_in_use(start: Start, tmp_path: Path) -> None:
    other = DataDirectory(tmp_path / "var")
    other.open()
    assert "is in use by another run of Outspoken" in start()
    other.close()


def test_the_data_directory_is_a_file(start: Start, tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    assert "is not a directory: choose another place with --data DIR." in start()


@pytest.mark.skipif(not Path("/sys/kernel").is_dir(), reason="nothing here is closed to root")
def test_the_data_directory_is_not_writable(start: Start) -> None:
    assert "is not writable for you: choose another place with --data DIR." in start(data=Path("/sys/kernel/outspoken"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_the_disk_is_full(start: Start, tmp_path: Path) -> None:
    (tmp_path / "secrets.json.new").symlink_to("/dev/full")
    assert "is full: free some space" in start("--port", str(ports.pick(1)[0]), data=tmp_path)


def test_the_secrets_are_damaged(start: Start, tmp_path: Path) -> None:
    (tmp_path / "secrets.json").write_text('{"SECRET_KEY": "abc')
    assert "is damaged: restore it from a backup" in start("--port", str(ports.pick(1)[0]), data=tmp_path)


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("OUTSPOKEN_PG_BIN", "No PostgreSQL 15 or newer was found: run `"),
        ("OUTSPOKEN_REDIS_BIN", "No Valkey or Redis was found: run `"),
    ],
)
def test_a_server_is_missing(start: Start, monkeypatch: pytest.MonkeyPatch, variable: str, sentence: str) -> None:
    monkeypatch.setenv(variable, "/no/such/place")
    assert sentence in start("--port", str(ports.pick(1)[0]))


def test_nothing_is_readable_by_others(tmp_path: Path) -> None:
    data = DataDirectory(tmp_path)
    data.open()
    assert set(data.secrets()) >= {"SECRET_KEY", "ENCRYPTION_KEYS", "PRACTICE_CONTROL_TOKEN"}
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert data.secrets() == data.secrets()
    assert os.stat(data.logs).st_mode & 0o777 == 0o700  # noqa: PTH116
    data.close()
