"""What a page costs the web processes and the database while the company grows.

    UNDO_SECONDS=0 python3 run.py --port 8900 --data DIR          in another terminal; it is filled up, so a DIR of its own
    .venv/bin/python -m benchmarks.growth DIR                     1,000 people and posts, then 50,000 and 100,000
    .venv/bin/python -m benchmarks.growth DIR --as-it-is          only what is there already
    .venv/bin/python -m benchmarks.growth DIR --all-open          no post's time is over: every one could be shown

Queries are counted in an application of this program's own over the same database. CPU is user and system time of the process families,
by /proc: the web processes with HTTP and compression, and the database. Every figure is the median of ROUNDS rounds; the rate is four
browsers at once. The first line says how fast the machine is just now; figures are worth as much as that line is steady.
"""

import argparse
import hashlib
import http.client
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import event, select, text

from app import db, models  # noqa: F401 - all tables
from app.factory import create_app
from app.people.models import User
from app.sharing import accounts
from benchmarks.product import Product, running, sign_in
from benchmarks.publishing.processes import cpu, family
from tests.sharing import builders
from tests.system import crowd

ROUNDS, REQUESTS, TOGETHER, SECONDS = 5, 40, 4, 3.0
SIZES = ((1_000, 1_000), (50_000, 100_000))
LISTENS = "0A"
PAGES = (
    ("emil@nordwerk.example", "/"),
    ("ravi@nordwerk.example", "/"),
    ("ravi@nordwerk.example", "/review"),
    ("ravi@nordwerk.example", "/review/posts"),
    ("edda@nordwerk.example", "/proposals"),
    ("ravi@nordwerk.example", "/shares"),
    ("ada@nordwerk.example", "/admin/people"),
    ("ada@nordwerk.example", "/admin/people?q=crowd"),
    ("emil@nordwerk.example", "/what-my-employer-sees"),
)


@dataclass(frozen=True)
class Families:
    """The processes that are counted."""

    web: list[int]
    database: list[int]


class Browser:
    """One kept-open connection of a person who is signed in; as little work of its own as possible, because it shares the machine."""

    def __init__(self, product: Product, email: str) -> None:
        self.cookies = sign_in(product, email).cookies.get_dict()
        self.address = urlsplit(product.base_url).netloc
        cookie = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        self.headers = {"Cookie": cookie, "Accept": "text/html", "Accept-Encoding": "gzip, deflate, br, zstd", "Accept-Language": "en"}
        self.connection = http.client.HTTPConnection(self.address, timeout=30)

    def get(self, path: str) -> None:
        """One page; anything but 200 is an error."""
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")


def main(arguments: argparse.Namespace) -> None:
    """Print a table for each size."""
    product = running(arguments.data)
    app = create_app()
    print(f"sha256: {_speed():.0f} MB/s")
    print(f"{'page':26} {'who':6} {'people':>7} {'posts':>7} {'queries':>7} {'web ms':>7} {'db ms':>6} {'req/s':>6}")
    for size in [None] if arguments.as_it_is else SIZES:
        if size is not None:
            _grow(*size, apart=0.5 if arguments.all_open else crowd.APART)
        people, posts = (_count(table) for table in ("users", "posts"))
        for email, path in PAGES:
            row = f"{path:26} {email.split('@')[0]:6} {people:7} {posts:7} {_queries(app, product, email, path):7}"
            print(row, _measured(product, email, path), flush=True)
    print(f"sha256: {_speed():.0f} MB/s")


def _speed() -> float:
    """How fast the machine is at this moment."""
    began, block = time.process_time(), bytes(1_000_000)
    for _ in range(200):
        hashlib.sha256(block)
    return 200 / (time.process_time() - began)


def _count(table: str) -> int:
    found: int = db.session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - one of two words above
    db.session.remove()
    return found


def _grow(people: int, posts: int, *, apart: float) -> None:
    """Fill up to these numbers."""
    more = {"people": people - _count("users"), "posts": posts - _count("posts")}
    if min(more.values()) > 0:
        _connect(crowd.VIEWER)
        crowd.gather(db.session, name=f"crowd{people}", sizes={**more, "apart": apart})
    db.session.remove()


def _connect(email: str) -> None:
    """An account for the person to whom the crowd's shares are given; nothing is sent to it."""
    person = db.session.scalars(select(User).where(User.email == email)).one()
    if not accounts.of(person):
        builders.plain_account(person)
    db.session.commit()


def _queries(app: object, product: Product, email: str, path: str) -> int:
    """How many questions the page asks when it is opened for the second time."""
    client = app.test_client()  # type: ignore[attr-defined]
    for key, value in Browser(product, email).cookies.items():
        client.set_cookie(key, value, domain="localhost")
    client.get(path)
    with _asked() as found:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return len(found)


@contextmanager
def _asked() -> Iterator[list[str]]:
    engine, found = db.session.get_bind(), []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        found.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


def _measured(product: Product, email: str, path: str) -> str:
    """Milliseconds of web and database a request, one request at a time; requests a second with TOGETHER browsers."""
    browsers = [Browser(product, email) for _ in range(TOGETHER)]
    families = _families(product)
    for browser in browsers * 5:
        browser.get(path)
    alone = [_alone(families, browsers[0], path) for _ in range(ROUNDS)]
    rate = statistics.median(_together(browsers, path) for _ in range(ROUNDS))
    web, database = (statistics.median(column) for column in zip(*alone, strict=True))
    return f"{web:7.1f} {database:6.1f} {rate:6.0f}"


def _families(product: Product) -> Families:
    return Families(_behind(product, product.base_url), _behind(product, product.environment["DATABASE_URL"]))


def _behind(product: Product, url: str) -> list[int]:
    """The processes of ours, with their children, of which one listens at this address; by /proc, whatever they are called."""
    port = f":{urlsplit(url).port or 80:04X}"
    lines = [line.split() for table in ("tcp", "tcp6") for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]]
    sockets = {f"socket:[{line[9]}]" for line in lines if line[3] == LISTENS and line[1].endswith(port)}
    for pids in map(family, product.pids):
        if any(str(one.readlink()) in sockets for pid in pids for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()):
            return pids
    raise LookupError(f"nothing of this product listens at {url}")


def _alone(families: Families, browser: Browser, path: str) -> tuple[float, float]:
    before = [_seconds(pids[0]) for pids in (families.web, families.database)]
    for _ in range(REQUESTS):
        browser.get(path)
    web, database = (_since(earlier, _seconds(pids[0])) for earlier, pids in zip(before, (families.web, families.database), strict=True))
    return web / REQUESTS * 1000, database / REQUESTS * 1000


def _seconds(first: int) -> dict[int, float]:
    """Of a process and all that it started; what ends meanwhile is left out."""
    found = {}
    for pid in family(first):
        with suppress(FileNotFoundError, ProcessLookupError):
            found[pid] = cpu([pid])
    return found


def _since(before: dict[int, float], after: dict[int, float]) -> float:
    return sum(seconds - before.get(pid, 0) for pid, seconds in after.items())


def _together(browsers: list[Browser], path: str) -> float:
    done, end = [0] * len(browsers), time.monotonic() + SECONDS

    def run(number: int) -> None:
        while time.monotonic() < end:
            browsers[number].get(path)
            done[number] += 1

    threads = [threading.Thread(target=run, args=(number,)) for number in range(len(browsers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / SECONDS


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a page costs while the company grows.")
    parser.add_argument("data", type=Path)
    parser.add_argument("--as-it-is", action="store_true")
    parser.add_argument("--all-open", action="store_true")
    main(parser.parse_args())
