"""The short links as they are served: two web processes behind a proxy, ended gently and killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from app.embedded import ports
from tests.sharing import builders, linked

pytestmark = pytest.mark.usefixtures("committed")
ROOT = Path(__file__).resolve().parents[2]
BEHIND_A_PROXY = {"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}


@contextmanager
def web(**settings: str) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Two web processes; ended with SIGTERM."""
    port = ports.pick(1)[0]
    command = [sys.executable, "-m", "app", "web", "--port", str(port), "--workers", "2"]
    url = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | settings) as running:
        try:
            builders.eventually(lambda: lives(url), seconds=60)
            yield url, running
        finally:
            running.terminate()
            running.wait(30)


def lives(url: str) -> bool:
    try:
        return requests.get(f"{url}/livez", timeout=10).ok
    except requests.ConnectionError:
        return False


def follow(url: str, codes: list[str], times: int) -> int:
    """How many of so many clicks were answered, over one kept-open connection until that breaks."""
    answered = 0
    with requests.Session() as browser:
        for turn in range(times):
            try:
                address = f"{url}/s/{codes[turn % len(codes)]}"
                answer = browser.get(address, headers={"User-Agent": linked.PERSON, **BEHIND_A_PROXY}, allow_redirects=False, timeout=30)
            except (requests.ConnectionError, requests.ReadTimeout):
                continue
            assert (answer.status_code, answer.headers["Location"]) == (302, builders.TARGET)
            answered += 1
    return answered


def test_two_processes_and_the_end() -> None:
    """Every click of many browsers is counted once, those of the last moment before SIGTERM too."""
    codes = linked.links(3)
    with web(TRUSTED_PROXIES="1") as (url, _), ThreadPoolExecutor(6) as pool:
        answered = sum(pool.map(lambda _: follow(url, codes, 60), range(6)))
    assert answered == 360
    assert sum(linked.clicks(*codes)) == 360


def test_exact_and_a_kill() -> None:
    """A web process is killed in the middle: no click that was answered is missing."""
    codes = linked.links(2)
    with web(EXACT_CLICKS="1") as (url, running), ThreadPoolExecutor(5) as pool:
        under_way = [pool.submit(follow, url, codes, 60) for _ in range(4)]
        builders.eventually(lambda: sum(linked.clicks(*codes)) > 20, seconds=30)
        os.kill(children(running.pid)[0], signal.SIGKILL)
        answered = sum(one.result() for one in under_way)
        assert answered > 20
        assert sum(linked.clicks(*codes)) >= answered


def children(parent: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(parent)], capture_output=True, text=True, check=True)
    return [int(pid) for pid in found.stdout.split()]
