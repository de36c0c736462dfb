"""The web server as it runs: processes that come and go behind one address."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.embedded import ports
from tests.embedded.processes import LINUX, all_gone, descendants, wait_for

ROOT = Path(__file__).resolve().parents[1]
SECONDS = 60


class Web:
    """A running server."""

    def __init__(self, *options: str) -> None:
        self.port = ports.pick(1)[0]
        command = [sys.executable, "-m", "app", "web", "--port", str(self.port), *options]
        self.process = subprocess.Popen(command, cwd=ROOT)

    def answers(self) -> bool:
        """Whether a page comes."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/livez", timeout=20) as answer:
                return int(answer.status) == 200
        except OSError:
            return False

    def children(self) -> set[int]:
        """The processes that serve."""
        return descendants(self.process.pid)


@contextmanager
def web(*options: str) -> Iterator[Web]:
    """A server that serves, and leaves nothing behind."""
    made = Web(*options)
    try:
        assert wait_for(made.answers, SECONDS)
        yield made
    finally:
        family = made.children()
        made.process.terminate()
        made.process.wait(SECONDS)
        assert all_gone(family)


pytestmark = pytest.mark.usefixtures("committed")


def test_a_process_that_fails_is_replaced() -> None:
    with web() as server:
        before = server.children()
        assert len(before) == 2
        os.kill(min(before), signal.SIGKILL)
        assert wait_for(lambda: len(server.children() - {min(before)}) == 2, SECONDS)
        assert wait_for(server.answers, SECONDS)


@pytest.mark.skipif(not LINUX, reason="only Linux tells children of a parent's death")
def test_nobody_outlives_the_first_process() -> None:
    with web() as server:
        family = server.children()
        server.process.kill()
        assert all_gone(family, SECONDS)


@pytest.mark.skipif(not LINUX, reason="needs /proc and fork")
def test_after_use_and_a_quiet_while_processes_are_fresh_again() -> None:
    """The old ones go, new ones answer; unused, they stay."""
    with web("--rest", "1", "--workers", "1") as server:
        first = server.children()
        for _ in range(120):
            urllib.request.urlopen(f"http://127.0.0.1:{server.port}/sign-in", timeout=20).close()
        assert wait_for(lambda: bool(server.children()) and not server.children() & first, SECONDS)
        assert server.answers()
        [fresh] = server.children()
        time.sleep(2)
        assert server.children() == {fresh}


def test_slow_clients_do_not_hold_up_others() -> None:
    """More connections that never finish their request than there are threads: pages still come."""
    with web("--workers", "1") as server:
        slow = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(40)]
        try:
            for number, one in enumerate(slow):
                one.sendall(
                    b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"
                    if number % 2
                    else b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\nemail="
                )
            assert server.answers()
        finally:
            for one in slow:
                one.close()
