"""The process: starts, keeps its data, stops on SIGTERM, and says what is wrong when it cannot start."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from app.practice.server import start

COMMAND = (sys.executable, "-m", "app.practice", "--port")
ROOT = Path(__file__).parents[2]


@contextmanager
def running(data: Path, *more: str) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    environment = {**os.environ, "PRACTICE_CONTROL_TOKEN": "trainer"}
    command = [*COMMAND, "0", "--data", str(data), *more]
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        try:
            yield (found[0] if found else ""), process
        finally:
            process.kill()


def test_it_stops_cleanly_on_sigterm_and_keeps_its_data(tmp_path: Path) -> None:
    trainer = {"Authorization": "Bearer trainer"}
    with running(tmp_path) as (url, process):
        requests.post(f"{url}/_practice/statuses", json={"account": "Edda", "text": "Still here"}, headers=trainer, timeout=10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["practice.sqlite3"]
    with running(tmp_path) as (url, _):
        assert "Still here" in requests.get(url, timeout=10).text


def test_a_taken_port_is_said_in_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*COMMAND, port], cwd=ROOT, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "--port" in done.stderr


def test_without_a_control_token_there_is_no_control_api() -> None:
    with start(control_token=None) as network:
        assert requests.get(f"{network.url}/_practice/faults", timeout=10).status_code == 404
        assert requests.get(f"{network.url}/healthz", timeout=10).text == "ok\n"


def test_its_public_address_may_differ_from_where_it_listens() -> None:
    with start(base_url="https://practice.example/") as network:
        local = f"http://127.0.0.1:{network.port}"
        found = requests.get(f"{local}/.well-known/oauth-authorization-server", timeout=10).json()
        assert found["token_endpoint"] == "https://practice.example/oauth/token"
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", network.port)) != 0
