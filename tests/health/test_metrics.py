"""/metrics and /readyz: what monitoring reads, and who may."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

import config
from app.audit.events import record
from app.clock import now
from app.health import heartbeats, tallies, vitals
from app.health.models import Tally
from app.health.sweeping import id_before
from app.ids import uuid7
from app.sharing.models import Attempt, Delivery
from app.sharing.stop_models import RatePause
from tests.health.test_health_pages import delivery

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

TOKEN = "a token of thirty-two characters"
LINE = re.compile(r'^[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? [0-9.e+-]+$')


@pytest.fixture
def with_token(app: object) -> Iterator[None]:
    before = config.settings()
    config.use(replace(before, metrics_token=TOKEN))
    yield
    config.use(before)


def read(client: "FlaskClient", token: str = TOKEN) -> str:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return answer.text


def value(page: str, name: str) -> float:
    [found] = [line for line in page.splitlines() if line.startswith(name + " ")]
    return float(found.rpartition(" ")[2])


def attempt(db: "Db", *, late: float, ago: timedelta, outcome: str | None = "published") -> None:
    """One request that left so many seconds after it should have."""
    row = db.scalars(select(Delivery).limit(1)).one()
    number = len(db.scalars(select(Attempt.number)).all()) + 1
    at = now() - ago
    made = Attempt(
        id=rows_id(at), delivery_id=row.id, number=number, payload_hash="x", worker="w", started_at=at, due_at=at - timedelta(seconds=late)
    )
    made.outcome = outcome
    db.add(made)
    db.flush()


def rows_id(at: object) -> object:
    """An id of that moment."""
    import uuid  # noqa: PLC0415

    return uuid.UUID(int=id_before(at).int | (uuid7().int & ((1 << 64) - 1)))  # type: ignore[arg-type]


def test_without_a_token_there_is_no_such_page(client: "FlaskClient", db: "Db") -> None:
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


@pytest.mark.usefixtures("with_token")
def test_only_with_the_token(client: "FlaskClient", db: "Db") -> None:
    for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": f"Bearer {TOKEN}x"}):
        answer = client.get("/metrics", headers=header)
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert "outspoken_" not in answer.text
    assert client.get("/metrics", headers={"Authorization": f"bearer {TOKEN}"}).status_code == 200


@pytest.mark.usefixtures("with_token")
def test_what_it_says(client: "FlaskClient", db: "Db") -> None:
    """Every line can be read by Prometheus; the figures are those of the ledger; nobody is named."""
    minute = timedelta(minutes=1)
    delivery(db, "queued", -minute * 3)
    delivery(db, "queued", minute)
    delivery(db, "held", minute)
    for late in (0.01, 0.2, 90):
        attempt(db, late=late, ago=10 * minute)
    attempt(db, late=7000, ago=100 * minute)
    db.add(RatePause(key="user:mastodon:social.example:11111111-1111-1111-1111-111111111111", network="mastodon", until=now() + minute))
    heartbeats.beat("worker:worker@here")
    heartbeats.beat("beat")
    while tallies.count_on(now=now()):
        pass
    db.commit()
    page = read(client)
    assert [line for line in page.splitlines() if line and not line.startswith("#") and not LINE.match(line)] == []
    assert value(page, 'outspoken_deliveries{state="queued"}') == 2
    assert value(page, 'outspoken_deliveries{state="overdue"}') == 1
    assert value(page, 'outspoken_deliveries{state="held"}') == 1
    assert 180 <= value(page, "outspoken_oldest_due_age_seconds") < 240
    assert value(page, "outspoken_sent_last_hour") == 3
    assert value(page, 'outspoken_lateness_last_hour_seconds{quantile="0.5"}') == pytest.approx(0.2)
    assert value(page, 'outspoken_lateness_seconds_bucket{le="0.025"}') == 1
    assert value(page, 'outspoken_lateness_seconds_bucket{le="300"}') == 3
    assert value(page, 'outspoken_lateness_seconds_bucket{le="+Inf"}') == 4
    assert value(page, 'outspoken_rate_pauses{network="mastodon",scope="user"}') == 1
    assert value(page, 'outspoken_heartbeat_age_seconds{process="beat"}') < 30
    assert value(page, 'outspoken_alarm{kind="worker"}') == 0
    assert "11111111" not in page
    declared = re.findall(r"^# TYPE (\S+) ", page, re.MULTILINE)
    assert len(declared) == len(set(declared))


def test_totals_count_each_move_once(db: "Db") -> None:
    """However often they are counted, also a piece at a time; what is not settled yet is counted later."""
    row = uuid7()
    for verb in ("sending", "published", "sending", "removal asked"):
        record(verb, "deliveries", row, by=None).at = now() - timedelta(minutes=5)
    record("signed in", "users", row, by=None).at = now() - timedelta(minutes=5)
    db.flush()
    record("published", "deliveries", row, by=None)
    db.flush()
    for _turn in range(3):
        tallies.count_on(now=now())
    assert tallies.totals()[tallies.MOVES] == {"sending": 2, "published": 1}
    tallies.count_on(now=now() + timedelta(minutes=2))
    assert tallies.totals()[tallies.MOVES] == {"sending": 2, "published": 2}


def test_totals_in_small_pieces(db: "Db", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tallies, "MOST", 2)
    delivery(db, "queued", timedelta())
    for number in range(5):
        attempt(db, late=number, ago=timedelta(minutes=5 + number))
        record("published", "deliveries", uuid7(), by=None).at = now() - timedelta(minutes=5)
    db.flush()
    turns = 0
    while tallies.count_on(now=now()):
        turns += 1
    found = tallies.totals()
    assert (turns, found[tallies.MOVES]["published"], found[tallies.LATENESS]["count"]) == (2, 5, 5)
    assert db.get_one(Tally, tallies.LATENESS).totals["sum"] == pytest.approx(10, abs=0.01)


def test_ready(client: "FlaskClient", db: "Db") -> None:
    """A later version than ours is fine: a roll-out migrates first."""
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (200, {"status": "ready", "missing": []})
    db.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert vitals.readiness().well


def test_not_migrated_yet(client: "FlaskClient", db: "Db") -> None:
    db.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    db.commit()
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not ready", "missing": ["migrations"]})
    db.execute(text("DROP TABLE alembic_version"))
    assert vitals.readiness().missing == ["migrations"]


def test_no_database(engine: object, client: "FlaskClient") -> None:
    """It answers all the same, and says which part is missing."""
    from sqlalchemy import create_engine  # noqa: PLC0415

    from app import db  # noqa: PLC0415

    before = config.settings().database_url
    db.bind(bind=create_engine(re.sub(r"@[^/]+/", "@127.0.0.1:1/", before)))
    try:
        assert vitals.readiness().missing == ["database", "migrations"]
    finally:
        db.bind(bind=engine)
