"""The product's own worker in a hurry, which can be told to die or to fall asleep at a named place: `python -m tests.faults.worker`.

FAULTS_AT is "<place> <how often it is passed> kill", "... sleep" (until it is woken) or "... <seconds of sleep>"; see `places`.
FAULTS_CLOCK names a file with the seconds by which this process's own clock is wrong; it may change at any time. FAULTS_CA names the
certificate of an authority that it trusts, FAULTS_NAMES a file with the one name that no name server knows at present.
"""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

_real_time = time.time


def wrong_by() -> float:
    """How wrong this process's clock is now, in seconds."""
    try:
        return float(Path(os.environ["FAULTS_CLOCK"]).read_text() or 0)
    except (KeyError, OSError, ValueError):
        return 0.0


def bend_time() -> None:
    """From now on whoever asks what time it is hears it wrong; must come before all that keeps the function."""
    from app import clock  # noqa: PLC0415

    time.time = lambda: _real_time() + wrong_by()
    clock.now = lambda: datetime.fromtimestamp(time.time(), UTC)


def lose_names() -> None:
    """From now on the name in the file is not found, for as long as it stands there."""
    inside = socket.getaddrinfo

    def asked(host: Any, *args: Any, **more: Any) -> Any:
        if host == Path(os.environ["FAULTS_NAMES"]).read_text():
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return inside(host, *args, **more)

    setattr(socket, "getaddrinfo", asked)  # noqa: B010 - the name is theirs, not ours


class Trap:
    """Springs when its place has been passed so often."""

    def __init__(self, often: int, what: str) -> None:
        self._left, self._what, self._lock = often, what, threading.Lock()

    def step(self) -> None:
        """Somebody passes."""
        with self._lock:
            self._left -= 1
            springs = self._left == 0
        if springs:
            Path(os.environ["FAULTS_SPRUNG"]).touch()
        if springs and self._what == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif springs and self._what == "sleep":
            sleep_until_woken()
        elif springs:
            time.sleep(float(self._what))


def sleep_until_woken() -> None:
    """The file that says that the trap has sprung is taken away."""
    while Path(os.environ["FAULTS_SPRUNG"]).exists():
        time.sleep(0.05)


def before(room: Any, name: str, trap: Trap) -> None:
    """Set the trap in front of a function of a module."""
    inside = getattr(room, name)

    def guarded(*args: Any, **more: Any) -> Any:
        trap.step()
        return inside(*args, **more)

    setattr(room, name, guarded)


def after(room: Any, name: str, trap: Trap, *, if_any: Callable[[Any], bool] = bool) -> None:
    """Set it behind a function, for answers that matter."""
    inside = getattr(room, name)

    def guarded(*args: Any, **more: Any) -> Any:
        answer = inside(*args, **more)
        if if_any(answer):
            trap.step()
        return answer

    setattr(room, name, guarded)


def once_sent(path: str, trap: Trap) -> None:
    """Set it where all of a writing request has left for this path, and nothing of the answer has been read."""
    from app.networks import sockets  # noqa: PLC0415

    inside = sockets._CheckedConnection.request

    def guarded(connection: Any, method: str, url: str, *args: Any, **more: Any) -> None:
        inside(connection, method, url, *args, **more)
        if method == "POST" and url.startswith(path):
            trap.step()

    setattr(sockets._CheckedConnection, "request", guarded)  # noqa: B010 - the name is theirs, not ours


def places() -> dict[str, Callable[[Trap], None]]:
    """Where a worker can be struck, by name."""
    from app.networks import sockets  # noqa: PLC0415
    from app.sharing import leasing, recording, sending  # noqa: PLC0415

    return {
        "before the claim": partial(before, leasing, "lease_due"),
        "after the claim": partial(after, leasing, "lease_due"),
        "before the mark": partial(before, sending, "begin"),
        "after the mark": partial(after, sending, "begin", if_any=lambda departure: bool(departure.going)),
        "before the request": partial(before, sending, "publish"),
        "while connecting": partial(after, sockets, "_dial"),
        "during an upload": partial(once_sent, "/api/v2/media"),
        "during a refresh": partial(once_sent, "/oauth/token"),
        "during the send": partial(once_sent, "/api/v1/statuses"),
        "after the answer": partial(after, sending, "publish"),
        "before the record": partial(before, recording, "record"),
    }


def hurry() -> None:
    """The short waits, the ledger's and the connectors'."""
    from app.networks import http, mastodon_words, registry  # noqa: PLC0415
    from app.sharing import pace, recounting, refreshing  # noqa: PLC0415
    from tests.faults import haste  # noqa: PLC0415

    pace.use(haste.HASTE)
    hasty = partial(
        http.Rules, read_seconds=haste.READ_SECONDS, connect_seconds=haste.CONNECT_SECONDS, ca_bundle=os.environ.get("FAULTS_CA", "")
    )
    setattr(registry, "Rules", hasty)  # noqa: B010 - the name is theirs, not ours
    mastodon_words.USUAL_WAIT = timedelta(seconds=haste.USUAL_WAIT)
    recounting.SETTLE = 1.5
    refreshing.KEEP_TRYING_SECONDS, refreshing.WAIT_SECONDS = 30.0, 2.0
    refreshing.ANSWERED_WITHIN = timedelta(seconds=haste.READ_SECONDS + haste.CONNECT_SECONDS + 2)


def main() -> int:
    """Work until SIGTERM."""
    if "FAULTS_CLOCK" in os.environ:
        bend_time()
    if "FAULTS_NAMES" in os.environ:
        lose_names()
    hurry()
    if os.environ.get("FAULTS_AT"):
        place, often, what = os.environ["FAULTS_AT"].rsplit(" ", 2)
        places()[place](Trap(int(often), what))
    from app import working  # noqa: PLC0415

    return working.work(threads=4, name=f"{sys.argv[1]}@%h", keeps_schedule=False)


if __name__ == "__main__":
    sys.exit(main())
