"""The meters of the rate governor: one script in Redis that looks at all scopes of many asks at once.

How it counts. A window is cut into hundredths; a place that is taken comes back when 104 of them have begun after its own, so between
103 and 104 hundredths of the window later. Therefore no window of the network's, fixed or rolling, ever holds more than its limit, even
if requests reach the network up to three hundredths of the window earlier or later than they were counted (9 seconds of five minutes);
and whoever has a queue uses 100/104 = 96 % of what is allowed. A fresh window may be used up in one burst.

Time. The script keeps a clock of its own that never goes back. Each machine moves it by its steady clock, so that a step of the wall
clock, its own or the ledger's, frees no place too early and holds none for too long; answers are durations.
"""

import json
import logging
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from sqlalchemy.exc import SQLAlchemyError

import config
from app.networks import clock
from app.sharing import ledger_clock, rate_scopes
from app.sharing.rate_scopes import Ask

log = logging.getLogger(__name__)

PARTS, KEPT = 100, 104
CLOCK = "governor:clock"
SCOPE = "governor:scope:"
PATIENCE = 2.0
# After a failure; one that costs all of our patience is not risked so soon again.
REST, LONG_REST = 0.5, 2.0
_SCRIPT = Path(__file__).with_name("governor.lua").read_text(encoding="utf-8")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
FAILURES = (redis.RedisError, SQLAlchemyError, OSError)


class Away(Exception):
    """Redis does not answer: nobody knows what has been used up."""


class Emptied(Exception):
    """Redis answers, but it is another one or has forgotten everything."""


class Meters:
    """This process's connections to one Redis. `run` names the very server; a connection that leads to another one is refused."""

    def __init__(self, url: str) -> None:
        self.run = ""
        self.client = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            retry=Retry(NoBackoff(), 0),
            redis_connect_func=self._greet,
            decode_responses=True,
        )
        self._script = self.client.register_script(_SCRIPT)
        self.client.ping()

    def close(self) -> None:
        """Let go of the connections."""
        self.client.close()

    def call(self, action: str, keys: Sequence[str], question: dict[str, Any], *, now: datetime) -> list[int]:
        """One question. Raises Emptied, or what the client raises."""
        arguments = [action, self.run, MACHINE, f"{steady(now):.0f}", json.dumps(question, separators=(",", ":"))]
        answer = cast("list[int]", self._script(keys=[CLOCK, *(SCOPE + key for key in keys)], args=arguments))
        if answer == [-1]:
            raise Emptied
        return answer

    def _greet(self, connection: Any) -> None:
        connection.on_connect()
        run = _run_of(connection)
        if self.run and run != self.run:
            raise redis.ConnectionError("this is another server")
        self.run = run


def _run_of(connection: Any) -> str:
    connection.send_command("INFO", "server", check_health=False)
    try:
        found = re.search(r"run_id:(\w+)", str(connection.read_response()))
    except redis.ResponseError:  # a server that keeps this to itself
        found = None
    return found.group(1) if found else "unknown"


def _machine() -> str:
    """All processes of one boot share a steady clock."""
    try:
        return "boot:" + _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return f"process:{socket.gethostname()}:{os.getpid()}:{time.time_ns()}"


MACHINE = _machine()


def steady(now: datetime) -> float:
    """The moment that the caller calls now, in milliseconds of this machine's steady clock, which knows no steps."""
    return (clock.steady() + (now - ledger_clock.now()).total_seconds()) * 1000


class _Kept:
    """What this process has open."""

    meters: Meters | None = None
    place: tuple[int, str] = (0, "")
    quiet_until = 0.0
    away = False


_lock = threading.Lock()


def opened(hear: Callable[[Meters], object]) -> Meters:
    """The connections of this process, made lazily and after a fork anew; new ones `hear` first what they may have missed.

    Raises Away: after a failure at once for a while.
    """
    place = os.getpid(), config.settings().redis_url
    with _lock:
        if _Kept.meters is None or _Kept.place != place:
            if _Kept.place == place and time.monotonic() < _Kept.quiet_until:
                raise Away
            _Kept.meters, _Kept.place = None, place
            _Kept.meters = _connected(place[1], hear)
        return _Kept.meters


def _connected(url: str, hear: Callable[[Meters], object]) -> Meters:
    try:
        made = Meters(url)
        hear(made)
    except (*FAILURES, ValueError) as error:
        raise _gone(error) from error
    if _Kept.away:
        log.info("the rate governor counts again")
    _Kept.away = False
    return made


def lost(meters: Meters, error: Exception) -> Away:
    """These connections are of no use any more: rest a little, then make new ones."""
    with _lock:
        if _Kept.meters is meters:
            _Kept.meters = None
            meters.close()
        return _gone(error)


def wake_up() -> None:
    """Forget that Redis was away."""
    _Kept.quiet_until = 0.0


def _gone(error: Exception) -> Away:
    _Kept.quiet_until = time.monotonic() + (LONG_REST if isinstance(error, redis.TimeoutError) else REST)
    if not _Kept.away:
        log.warning("the rate governor cannot count (%s); nothing is sent until it can", type(error).__name__)
    _Kept.away = True
    return Away()


def question(asks: Sequence[Ask]) -> tuple[list[str], dict[str, Any]]:
    """The asks as the script reads them: each scope once, by number."""
    numbers: dict[str, int] = {}
    wanted = [[ask.pictures, *(numbers.setdefault(key, len(numbers) + 1) for key in rate_scopes.scopes(ask))] for ask in asks]
    return list(numbers), {**allowed(list(numbers)), "asks": wanted}


def allowed(keys: Sequence[str]) -> dict[str, Any]:
    """For each key the number of its rates, and each kind of rates once."""
    known: dict[tuple[str, ...], int] = {}
    kinds: list[list[list[Any]]] = []
    numbers = []
    for key in keys:
        about = rate_scopes.parts(key)[:3]
        if about not in known:
            kinds.append([[rate.limit, rate.seconds * 1000, rate.of] for rate in rate_scopes.rates(*about)])
            known[about] = len(kinds)
        numbers.append(known[about])
    return {"rates": kinds, "scopes": numbers}
