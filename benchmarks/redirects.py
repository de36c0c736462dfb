"""The redirect of the short links, side by side: the view in the framework, the quick way in front of it, exact counting, unknown codes.

    .venv/bin/python -m benchmarks.redirects [--data DIR] [--links 100000] [--rounds 5] [--seconds 3]

Without DIR it starts a product of its own in a temporary directory. Each contestant has two web processes, and all take their turn in every
round; 32 kept-open connections ask for codes drawn by Zipf's law (exponent 1). Printed are medians of the rounds with their spread, and
whether as many clicks stand in the database two seconds later as were answered; then a web process is killed (SIGKILL) under load.
"""

import argparse
import contextlib
import itertools
import os
import random
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import requests

from app.embedded import ports
from benchmarks import load, product

CONNECTIONS = 32
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SERVER = (
    "--interface",
    "wsgi",
    "--workers",
    "2",
    "--blocking-threads",
    "8",
    "--respawn-failed-workers",
    "--no-ws",
    "--log-level",
    "warning",
)
AS_BEFORE, IN_FRONT = ("--factory", "app.factory:create_app"), ("app.wsgi:app",)
TICK = os.sysconf("SC_CLK_TCK")
Codes = Callable[[int], list[str]]


@dataclass
class Contestant:
    """Two web processes, what they are asked, and what came of it, round by round."""

    name: str
    url: str
    web: int
    codes: Codes
    outcomes: list[load.Outcome] = field(default_factory=list)
    web_ms: list[float] = field(default_factory=list)
    database_ms: list[float] = field(default_factory=list)
    clicks: int = 0
    counted: int = 0


def main() -> None:
    """Start what is needed, let them take turns, print the table."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ExitStack() as stack:
        data = options.data or stack.enter_context(_own_product())
        environment = product.running(data).environment
        database = stack.enter_context(psycopg.connect(environment["DATABASE_URL"], autocommit=True))
        known = stack.enter_context(_links(database, options.links))
        contestants = _contestants(stack, environment, known)
        for number in range(options.rounds + 1):
            for one in contestants:
                _take_turn(one, database, seconds=options.seconds, warm_up=number == 0)
        _table(contestants)
        for one in (contestants[1], contestants[2]):
            _kill(one, database, seconds=options.seconds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path)
    parser.add_argument("--links", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    return parser.parse_args()


@contextmanager
def _own_product() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "app", "run", "--data", place, "--port", str(ports.pick(1)[0])]
        with subprocess.Popen(command, cwd=product_root(), stdout=subprocess.PIPE, text=True) as running:  # noqa: S603 - our own program
            try:
                assert running.stdout
                if not any("Ready" in line for line in running.stdout):
                    raise SystemExit("the product did not start")
                yield Path(place)
            finally:
                running.terminate()
                running.wait()


def product_root() -> Path:
    """Where run.py is."""
    return Path(__file__).resolve().parent.parent


@contextmanager
def _links(database: "psycopg.Connection[Any]", many: int) -> Iterator[list[str]]:
    """So many links, made by one statement and removed afterwards."""
    database.execute(
        """INSERT INTO hand_shares (id, user_id, post_id, network, language, text, text_hash, created_at)
           SELECT gen_random_uuid(), author_id, id, 'benchmark', 'en', '', '', now()
           FROM (SELECT author_id, id FROM posts LIMIT 1) AS post, generate_series(1, %s)""",
        [many],
    )
    database.execute(
        """INSERT INTO short_links (code, hand_share_id, target, clicks, created_at)
           SELECT substr(md5(id::text), 1, 12), id, 'https://www.company.example/knowledge/' || substr(md5(id::text), 20), 0, now()
           FROM hand_shares WHERE network = 'benchmark' ON CONFLICT DO NOTHING"""
    )
    database.execute("VACUUM ANALYZE short_links")
    ours = "hand_share_id IN (SELECT id FROM hand_shares WHERE network = 'benchmark')"
    try:
        yield [code for (code,) in database.execute(f"SELECT code FROM short_links WHERE {ours}")]  # noqa: S608 - no value of anybody
    finally:
        database.execute(f"DELETE FROM short_links WHERE {ours}")  # noqa: S608
        database.execute("DELETE FROM hand_shares WHERE network = 'benchmark'")


def _contestants(stack: ExitStack, environment: dict[str, str], known: list[str]) -> list[Contestant]:
    before = stack.enter_context(_web(environment, *AS_BEFORE))
    front = stack.enter_context(_web(environment, *IN_FRONT))
    exact = stack.enter_context(_web(environment | {"EXACT_CLICKS": "1"}, *IN_FRONT))
    popular = _popular(known)
    return [
        Contestant("view, as before", *before, popular),
        Contestant("in front", *front, popular),
        Contestant("in front, exact", *exact, popular),
        Contestant("unknown, view", *before, _unknown),
        Contestant("unknown, in front", *front, _unknown),
    ]


@contextmanager
def _web(environment: dict[str, str], *application: str) -> Iterator[tuple[str, int]]:
    """Two web processes; gives their address and their parent's number."""
    port = ports.pick(1)[0]
    command = [str(Path(sys.executable).with_name("granian")), "--port", str(port), *SERVER, *application]
    with subprocess.Popen(command, cwd=product_root(), env=os.environ | environment, start_new_session=True) as running:  # noqa: S603
        try:
            _wait_for(f"http://127.0.0.1:{port}/livez")
            yield f"http://127.0.0.1:{port}", running.pid
        finally:
            running.terminate()
            try:
                running.wait(10)
            except subprocess.TimeoutExpired:
                print("the web processes did not end by themselves", file=sys.stderr)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)


def _wait_for(address: str) -> None:
    for _ in range(600):
        try:
            requests.get(address, timeout=5).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(address)


def _popular(known: list[str]) -> Codes:
    weights = list(itertools.accumulate(1 / rank for rank in range(1, len(known) + 1)))
    return lambda many: random.choices(known, cum_weights=weights, k=many)  # noqa: S311 - a load, not a secret


def _unknown(many: int) -> list[str]:
    return [secrets.token_hex(6) for _ in range(many)]


def _take_turn(one: Contestant, database: "psycopg.Connection[Any]", *, seconds: float, warm_up: bool) -> None:
    prepared = _requests(one.codes(20_000 if warm_up else int(9_000 * seconds)))
    before, clicks = (_cpu(one.web), _database_cpu(database)), _clicks(database)
    outcome = load.drive(one.url, _until(time.monotonic() + seconds, prepared), connections=CONNECTIONS)
    after = (_cpu(one.web), _database_cpu(database))
    answered = outcome.statuses.get(302, 0)
    counted = _settled(database, clicks + answered) - clicks
    if warm_up:
        return
    one.outcomes.append(outcome)
    one.web_ms.append((after[0] - before[0]) / len(outcome.waits) * 1000)
    one.database_ms.append((after[1] - before[1]) / len(outcome.waits) * 1000)
    one.clicks += answered
    one.counted += counted


def _requests(codes: list[str]) -> list[bytes]:
    return [f"GET /s/{code} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {AGENT}\r\n\r\n".encode() for code in codes]


def _until(end: float, prepared: list[bytes]) -> Iterator[bytes]:
    for request in itertools.cycle(prepared):
        if time.monotonic() > end:
            return
        yield request


def _clicks(database: "psycopg.Connection[Any]") -> int:
    found = database.execute("SELECT sum(clicks) FROM short_links").fetchone()
    assert found
    return int(found[0])


def _settled(database: "psycopg.Connection[Any]", wanted: int) -> int:
    """The clicks in the database, as soon as they are enough, after two seconds in any case."""
    end = time.monotonic() + 2
    while (found := _clicks(database)) != wanted and time.monotonic() < end:
        time.sleep(0.1)
    return found


def _cpu(parent: int) -> float:
    """Seconds of processor time of a process and its children."""
    return sum(_seconds(pid) for pid in (parent, *_children(parent)))


def _children(parent: int) -> list[int]:
    return [int(pid) for task in Path(f"/proc/{parent}/task").iterdir() for pid in (task / "children").read_text().split()]


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def _database_cpu(database: "psycopg.Connection[Any]") -> float:
    """Of the whole server, when it runs on this machine; what asks for sums of clicks is not counted."""
    status = Path(f"/proc/{database.info.backend_pid}/status")
    if not status.exists():
        return 0.0
    parent = int(status.read_text().partition("PPid:")[2].split()[0])
    return _cpu(parent) - _seconds(database.info.backend_pid)


def _table(contestants: list[Contestant]) -> None:
    print(
        f"{'':20} {'req/s':>7} {'min-max':>13} {'p50 ms':>7} {'p99 ms':>7} {'web ms':>7} {'db ms':>7} {'clicks':>8} {'counted':>8}  answers"
    )
    for one in contestants:
        rates = [outcome.rate for outcome in one.outcomes]
        p50, p99 = (statistics.median(outcome.wait(share) for outcome in one.outcomes) for share in (0.5, 0.99))
        statuses = sorted({status for outcome in one.outcomes for status in outcome.statuses})
        print(
            f"{one.name:20} {statistics.median(rates):7.0f} {f'{min(rates):.0f}-{max(rates):.0f}':>13} {p50:7.1f} {p99:7.1f} "
            f"{statistics.median(one.web_ms):7.3f} {statistics.median(one.database_ms):7.3f} {one.clicks:8} {one.counted:8}  {statuses}"
        )


def _kill(one: Contestant, database: "psycopg.Connection[Any]", *, seconds: float) -> None:
    """SIGKILL for one of the two web processes in the middle of the load: how many answered clicks are not in the database?"""
    prepared, before = _requests(one.codes(int(9_000 * seconds))), _clicks(database)

    def load_and_kill() -> Iterator[bytes]:
        middle, killed = time.monotonic() + seconds / 2, False
        for request in _until(time.monotonic() + seconds, prepared):
            if not killed and time.monotonic() > middle:
                os.kill(_children(one.web)[-1], signal.SIGKILL)
                killed = True
            yield request

    outcome = load.drive(one.url, load_and_kill(), connections=CONNECTIONS)
    answered = outcome.statuses.get(302, 0)
    lost = answered - (_settled(database, before + answered) - before)
    worth = max(0, lost) / (outcome.rate / 2)
    print(f"kill -9, {one.name}: {answered} answered, {lost} of them not counted ({worth:.3f} s of the process)")


if __name__ == "__main__":
    main()
