"""The whole product by its one command: started, stopped, killed and started again on what is left."""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.embedded import ports
from tests.embedded.processes import alive, all_gone, descendants

ROOT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ENCRYPTION_KEYS", "BASE_URL", "OUTSPOKEN_ENV")

Product = subprocess.Popen[str]


class Place:
    """A data directory with a port, in which one product after the other runs."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = ports.pick(1)[0]
        self._running: list[Product] = []

    def start(self) -> Product:
        """Start the product and wait until it says that it is ready."""
        command = [sys.executable, "-m", "app", "run", "--port", str(self.port), "--data", str(self.data), "--no-demo"]
        env = {name: value for name, value in os.environ.items() if name not in OURS}
        product = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._running.append(product)
        said = _until_ready(product)
        assert f"http://localhost:{self.port}" in said, said
        assert f"OUTSPOKEN_DATA={self.data} python3 run.py create-admin " in said, said
        return product

    def status(self, path: str) -> int:
        """What the product answers there."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
            return int(answer.status)

    def clear(self) -> None:
        """End what a failed test left."""
        for product in self._running:
            product.kill()
            product.communicate()
        shutil.rmtree((self.data / "servers").resolve(), ignore_errors=True)


def _until_ready(product: Product) -> str:
    said = ""
    assert product.stdout
    for line in iter(product.stdout.readline, ""):
        said += line
        if line.startswith("Ctrl-C"):
            break
    return said


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One data directory for the whole story below."""
    made = Place(tmp_path_factory.mktemp("outspoken") / "var")
    yield made
    made.clear()


def test_one_command_runs_everything_and_leaves_nothing(place: Place) -> None:
    """First start, Ctrl-C; second start, killed; third start on what that left, SIGTERM."""
    first = place.start()
    assert place.status("/healthz") == 200
    assert {"postgres", "valkey", "practice", "web", "worker"} <= {path.stem for path in (place.data / "log").iterdir()}
    _stop(first, signal.SIGINT)
    assert not (place.data / "run.json").exists()

    second = place.start()
    family = descendants(second.pid)
    assert oct((place.data / "run.json").stat().st_mode & 0o777) == "0o600"
    second.kill()
    if sys.platform.startswith("linux"):
        assert all_gone(family, 15)

    third = place.start()
    assert json.loads((place.data / "run.json").read_text())["supervisor"] == third.pid
    _stop(third, signal.SIGTERM)


def _stop(product: Product, number: signal.Signals) -> None:
    family = descendants(product.pid)
    assert len(family) > 8
    product.send_signal(number)
    product.communicate(timeout=40)
    assert product.returncode == 0
    assert not any(alive(pid) for pid in family)
