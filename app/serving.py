"""The web server: Granian, whose processes are forked from one that has loaded the application.

The first process serves nothing. It loads, forks, replaces what fails, and lets processes rest: when nobody has asked for anything for a
while, each is replaced by a fresh fork, which shares nearly all of its memory again.
"""

import multiprocessing
import threading
import time
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from flask import Flask, request_started
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels
from sqlalchemy.orm import configure_mappers
from werkzeug.test import Client

from app import lean
from app.bodies import Bodies
from app.factory import MAX_REQUEST_BYTES

THREADS = 8
SPARE = 3  # threads that never wait for a body
KILL_SECONDS = 3


def serve(*, host: str, port: int, workers: int, rest: float) -> None:
    """Serve until SIGTERM or SIGINT; `rest` is the quiet, in seconds, after which processes are made fresh (0: never)."""
    lean.give_back()
    if lean.LINUX:
        multiprocessing.set_start_method("fork", force=True)
    load()
    server = Granian(
        "app.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        respawn_failed_workers=True,
        workers_kill_timeout=KILL_SECONDS,
        websockets=False,
        log_level=LogLevels.error,
    )
    lean.children_die_with_us()
    lean.settle()
    if rest and lean.LINUX:
        Rest(server, rest).start()
    _watch()
    server.serve(target_loader=application)


def _watch() -> None:
    """Look for trouble beside the workers, from the process that outlives the others."""
    from app.health.watch import Watch  # noqa: PLC0415 - after the settings were read

    Watch().start()


def application(_target: str = "") -> WSGIApplication:
    """What a process serves: the application that was loaded before the fork."""
    from app import wsgi  # noqa: PLC0415 - reads the settings

    return Bodies(wsgi.app, largest=MAX_REQUEST_BYTES, waiting=THREADS - SPARE)


def load() -> None:
    """Import the application and make everything that its processes can share: mappers and templates."""
    configure_mappers()
    with request_started.connected_to(_compile_templates):
        Client(application()).get("/livez")


def _compile_templates(sender: Flask, **_: object) -> None:
    for name in sender.jinja_env.list_templates(extensions=["html", "txt", "svg"]):
        sender.jinja_env.get_template(name)


class Rest(threading.Thread):
    """Sees from the processor time of the processes when they have been used, and when that is long enough ago."""

    LOOKS = 4
    FRESH_TICKS = 5  # what a fork uses up until it serves, at most

    def __init__(self, server: Any, seconds: float) -> None:
        super().__init__(name="rest", daemon=True)
        self._server = server
        self._every = seconds / self.LOOKS
        self._last: dict[int, int] = {}
        self._quiet = 0

    def run(self) -> None:
        """Look for as long as the server lives."""
        while True:
            time.sleep(self._every)
            if self._rests({worker.inner.pid: _ticks(worker.inner.pid) for worker in list(self._server.wrks)}):
                self._server.signal_handler_reload()

    def _rests(self, ticks: dict[int, int]) -> bool:
        """Whether some were used, and nothing has moved for so many looks."""
        self._quiet = self._quiet + 1 if ticks == self._last else 0
        self._last = ticks
        return self._quiet >= self.LOOKS and max(ticks.values(), default=0) > self.FRESH_TICKS


def _ticks(pid: int) -> int:
    """Processor time so far, in hundredths of a second; 0 when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
