"""Starts services, waits for them, watches them, and stops them in order with nothing left behind."""

import os
import select
import signal
import time
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from types import FrameType

from app.embedded.failures import FULL, StartFailed, Stopped
from app.embedded.process import Child, Service, adopt_orphans, our_children, spawn

POLL = 0.02
WATCH = 30.0


class Supervisor:
    """All our children. Used from the main thread only."""

    def __init__(self, logs: Path, *, on_start: Callable[[list[Child]], None] | None = None) -> None:
        self.children: list[Child] = []
        self._logs = logs
        self._on_start = on_start
        self._asked = 0
        self._wake = -1

    def listen(self) -> None:
        """Take over the process: stop signals and the end of children wake us, orphaned grandchildren become ours."""
        adopt_orphans()
        self._wake, write = os.pipe()
        os.set_blocking(write, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)
        signal.signal(signal.SIGCHLD, _only_wake)

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._asked += 1

    def start(self, service: Service) -> Child:
        """Start one service; does not wait for it."""
        try:
            child = spawn(service, self._logs)
        except OSError as error:
            raise StartFailed(f"{service.command[0]} cannot be started: {error.strerror}.") from error
        self.children.append(child)
        if self._on_start:
            self._on_start(self.children)
        return child

    def run_once(self, service: Service, *, timeout: float = 300.0) -> Child:
        """Run a command to its good end."""
        child = self.start(service)
        self._wait(child.ended, service.name, timeout)
        if child.popen.returncode != 0:
            raise _ended(child)
        self.children.remove(child)
        return child

    def wait_until(self, check: Callable[[], bool], *, what: str, timeout: float = 60.0) -> None:
        """Wait until `check` holds; fails at once when a child ends meanwhile."""

        def done() -> bool:
            self._fail_if_any_ended()
            return check()

        self._wait(done, what, timeout)

    def _wait(self, done: Callable[[], bool], what: str, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while not done():
            if self._asked:
                raise Stopped
            if time.monotonic() > deadline:
                raise StartFailed(f"{what} was not ready after {timeout:.0f} seconds: look into {self._logs}, then start again.")
            self._sleep(POLL)

    def _fail_if_any_ended(self) -> None:
        for child in self.children:
            if child.ended():
                raise _ended(child)

    def watch(self) -> None:
        """Return when somebody asks us to stop; raise StartFailed when a child ends by itself."""
        while not self._asked:
            self._fail_if_any_ended()
            self._sleep(WATCH)

    def _sleep(self, seconds: float) -> None:
        if self._wake < 0:
            time.sleep(seconds)
            return
        if select.select([self._wake], [], [], seconds)[0]:
            os.read(self._wake, 4096)

    def stop(self) -> None:
        """Stop everything, stage by stage, and wait until no process of ours is left. A second Ctrl-C kills at once."""
        stages = sorted(self.children, key=lambda child: child.service.stage)
        for _, stage in groupby(stages, key=lambda child: child.service.stage):
            self._stop_together(list(stage))
        self._reap()
        self.children.clear()

    def _stop_together(self, children: list[Child]) -> None:
        asked = self._asked
        for child in children:
            child.ask_to_stop()
        deadline = time.monotonic() + max(child.service.grace for child in children)
        while not all(child.ended() for child in children) and time.monotonic() < deadline and self._asked == asked:
            self._sleep(POLL)
        for child in children:
            child.kill_group()
            child.popen.wait()

    def _reap(self) -> None:
        """End the adopted ones too. Only a supervisor that owns its process has any."""
        deadline = time.monotonic() + 5
        while self._wake >= 0 and time.monotonic() < deadline and (left := our_children()):
            for pid in left:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def _only_wake(_number: int, _frame: FrameType | None) -> None:
    """A signal with a handler reaches the wakeup pipe."""


def _ended(child: Child) -> StartFailed:
    lines, name = child.last_lines(), child.service.name
    if "No space left on device" in lines:
        return StartFailed(FULL.format(place=child.log.parent.parent))
    return StartFailed(f"{name} ended by itself (exit code {child.popen.returncode}); the end of {child.log}:\n{lines}")
