"""Clicks are counted once each: from many threads, over forks, past a database that goes away, and around a commit that breaks."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, update
from sqlalchemy import text as sql

from app.db import session, transaction
from app.sharing import clicks as counting
from app.sharing import short_links
from app.sharing.clicks import Clicks
from app.sharing.lines import Line
from app.sharing.models import ShortLink
from tests.sharing import builders, linked
from tests.sharing.outage import doorway

pytestmark = pytest.mark.usefixtures("committed")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def codes() -> list[str]:
    return linked.links(3)


@pytest.fixture
def clicks() -> Iterator[Clicks]:
    made = Clicks()
    yield made
    made.close()


@pytest.fixture
def exact() -> Iterator[Clicks]:
    made = Clicks(exact=True)
    yield made
    made.close()


def test_many_threads(clicks: Clicks, codes: list[str]) -> None:
    def add(number: int) -> None:
        for turn in range(300):
            clicks.add(codes[turn % (number % 3 + 1)])

    builders.at_once(8, add)
    builders.eventually(lambda: sum(linked.clicks(*codes)) == 2400)


def test_nobody_waits_for_ever_when_processes_add_to_the_same_links() -> None:
    """Each in an order of its own, with a plan that keeps it; PostgreSQL would end one of two that wait for each other."""
    several, names = linked.links(40), list[str]()
    lines = [Line() for _ in range(4)]

    def add(number: int) -> None:
        with lines[number].driver() as line:
            line.execute(
                "SET enable_hashjoin = off; SET enable_mergejoin = off; SET enable_seqscan = off; SET enable_bitmapscan = off; COMMIT"
            )
            for turn in range(30):
                counts = dict.fromkeys(several if (number + turn) % 2 else reversed(several), 1)
                short_links.add_clicks(line, counts, durable=False, named=names.append)
            line.execute("RESET ALL; COMMIT")

    builders.at_once(4, add)
    assert set(linked.clicks(*several)) == {120}
    assert len(set(names)) == 120
    for line in lines:
        line.close()


def test_a_moment_later_it_is_written_without_another_click(clicks: Clicks, codes: list[str]) -> None:
    clicks.add(codes[0])
    builders.eventually(lambda: linked.clicks(*codes) == [1, 0, 0])
    clicks.add(codes[1])
    builders.eventually(lambda: linked.clicks(*codes) == [1, 1, 0])


def test_exact_is_written_before_the_answer(exact: Clicks, codes: list[str]) -> None:
    for number in range(1, 6):
        exact.add(codes[0])
        assert linked.clicks(codes[0]) == [number]


def test_exact_from_many_threads(exact: Clicks, codes: list[str]) -> None:
    def add(_: int) -> None:
        for turn in range(30):
            exact.add(codes[turn % 3])

    builders.at_once(8, add)
    assert linked.clicks(*codes) == [80, 80, 80]


def test_more_links_than_one_statement_takes(clicks: Clicks, codes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "LINKS_AT_ONCE", 2)
    for code in codes:
        clicks.add(code)
    builders.eventually(lambda: linked.clicks(*codes) == [1, 1, 1])


def test_a_link_that_is_gone_holds_up_nobody(clicks: Clicks, codes: list[str]) -> None:
    clicks.add("nosuchcode")
    clicks.add(codes[0])
    builders.eventually(lambda: linked.clicks(codes[0]) == [1])


def test_the_database_goes_away_and_comes_back(clicks: Clicks, codes: list[str], engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is lost, no click waits, and one line says so."""
    with doorway(engine) as door:
        clicks.add(codes[0])
        builders.eventually(lambda: linked.clicks(codes[0]) == [1])
        door.shut()
        for _ in range(50):
            clicks.add(codes[0])
        builders.eventually(lambda: "written later" in caplog.text)
        clicks.add(codes[1])
        door.open()
        builders.eventually(lambda: linked.clicks(*codes) == [51, 1, 0])
    assert caplog.text.count("written later") == 1


@pytest.mark.parametrize("lost", ["commit", "answer"])
def test_a_connection_that_breaks_around_the_commit(lost: str, clicks: Clicks, codes: list[str], engine: Engine) -> None:
    """Whether the database has committed or not: counted once."""
    with doorway(engine) as door:
        door.lose(lost)
        clicks.add(codes[0])
        assert door.lost.wait(5)
        clicks.add(codes[1])
        builders.eventually(lambda: linked.clicks(codes[1]) == [1])
        assert linked.clicks(codes[0]) == [1]


def test_exact_while_the_database_is_away(exact: Clicks, codes: list[str], engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader is let go after a while, and the click is still counted."""
    monkeypatch.setattr(counting, "PATIENCE", 0.05)
    with doorway(engine) as door:
        door.shut()
        exact.add(codes[0])
        door.open()
        builders.eventually(lambda: linked.clicks(codes[0]) == [1])


def test_what_became_of_a_transaction(engine: Engine) -> None:
    """Under way, rolled back, committed, or forgotten by a database that has fallen over."""
    line = Line()

    def status(name: str) -> bool | None:
        with line.driver() as driver:
            return short_links.were_added(driver, name)

    with engine.connect() as other:
        name = other.scalar(sql("SELECT CAST(pg_current_xact_id() AS text)"))
        assert status(name) is None
        other.rollback()
    with engine.begin() as other:
        committed = other.scalar(sql("SELECT CAST(pg_current_xact_id() AS text)"))
    assert [status(one) for one in (name, committed, "99999999999")] == [False, True, False]
    line.close()


FORK = """
import os, sys
import config
from app import db, models
from app.sharing.clicks import Clicks
codes = sys.argv[1:]
db.connect(config.settings().database_url)
clicks = Clicks()
clicks.add(codes[0])
child = os.fork()
db.connect(config.settings().database_url)
clicks.add(codes[1])
if not child:
    clicks.close()
    os._exit(0)
os.waitpid(child, 0)
clicks.add(codes[2])
"""


def test_a_fork_and_the_end_of_a_process(codes: list[str]) -> None:
    """A child writes its own clicks only, and a process that ends by itself has written all of its."""
    subprocess.run([sys.executable, "-c", FORK, *codes], cwd=ROOT, env=os.environ, check=True)
    assert linked.clicks(*codes) == [1, 2, 1]


def test_a_process_that_ends_while_the_database_is_away_ends(codes: list[str], engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with doorway(engine) as door:
        made = Clicks()
        door.shut()
        made.add(codes[0])
        made.close()
    assert "1 clicks are lost" in caplog.text


def test_insights_read_what_was_counted(clicks: Clicks, codes: list[str]) -> None:
    """Clicks are added to what stands there, whoever wrote it."""
    with transaction():
        session.execute(update(ShortLink).where(ShortLink.code == codes[0]).values(clicks=40))
    clicks.add(codes[0])
    clicks.add(codes[0])
    builders.eventually(lambda: linked.clicks(codes[0]) == [42])
