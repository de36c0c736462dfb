"""/healthz, /livez, the admin's health page and the gauges."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import redis
from sqlalchemy import event, text

import config
from app.clock import now
from app.health import broker, gauges, heartbeats, vitals
from app.ids import uuid7
from app.notices.models import Mail
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, Share
from tests import rows
from tests.guidelines.browsing import sign_in, words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


@pytest.fixture
def no_broker(app: object) -> "Iterator[None]":
    """Settings whose broker does not answer."""
    from dataclasses import replace  # noqa: PLC0415

    before = config.settings()
    config.use(replace(before, broker_url="redis://:hidden@127.0.0.1:1/0"))
    yield
    config.use(before)


def alive(db: "Db") -> None:
    """A worker and a schedule that were just seen."""
    heartbeats.beat("beat")
    heartbeats.beat("worker:worker@here")
    db.commit()


def delivery(db: "Db", state: str, due: timedelta, **more: "Any") -> None:
    """One delivery in a state, due at a moment from now."""
    emil, offered = rows.emil(), rows.post(rows.edda(), rows.ravi())
    account = ConnectedAccount(
        id=uuid7(), user_id=emil.id, network="mastodon", host="a", remote_id=str(uuid7()), handle="e", name="E", tokens={"a": 1}
    )
    share = Share(id=uuid7(), user_id=emil.id, post_id=offered.id, click=str(uuid7()), language="en")
    db.add_all([account, share])
    db.flush()
    db.add(
        Delivery(
            id=uuid7(), share_id=share.id, user_id=emil.id, post_id=offered.id, account_id=account.id, network="mastodon",
            language="en", text="x", text_hash="x", state=state, due_at=now() + due, latest_at=now() + timedelta(days=1), **more,
        )
    )  # fmt: skip
    db.flush()


def test_livez_needs_nothing(client: "FlaskClient", no_broker: None) -> None:
    assert (client.get("/livez").status_code, client.get("/livez").text) == (200, "ok\n")


def test_healthz_names_what_is_missing(client: "FlaskClient", db: "Db") -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["missing"]) == (503, ["worker", "beat"])  # type: ignore[index]
    heartbeats.beat("beat")
    heartbeats.beat("worker:w", at=now() - timedelta(seconds=31))
    db.commit()
    assert client.get("/healthz").json["missing"] == ["worker"]  # type: ignore[index]
    alive(db)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json) == (
        200,
        {"status": "ok", "parts": {"database": True, "broker": True, "worker": True, "beat": True}, "missing": []},
    )
    assert answer.headers["Cache-Control"] == "no-store"


def test_healthz_without_a_broker_leaks_nothing(client: "FlaskClient", db: "Db", no_broker: None) -> None:
    alive(db)
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json["missing"]) == (503, ["broker"])  # type: ignore[index]
    assert "hidden" not in answer.text


def test_healthz_without_a_database(client: "FlaskClient", db: "Db") -> None:
    db.execute(text("ALTER TABLE heartbeats RENAME TO elsewhere"))
    assert vitals.examine().missing == ["database", "worker", "beat"]


def test_healthz_is_one_query(client: "FlaskClient", db: "Db") -> None:
    alive(db)
    asked: list[str] = []
    event.listen(db.connection(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    client.get("/healthz")
    assert len([statement for statement in asked if statement.startswith("SELECT")]) == 1


def test_the_broker_s_queue_is_counted(db: "Db") -> None:
    url = config.settings().broker_url
    assert broker.waiting(url) == 0
    with redis.Redis.from_url(url) as server:
        server.rpush("celery", "a", "b", "c")
    assert broker.waiting(url) == 3


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//", "nonsense://x"])
def test_a_broker_that_is_away_is_said_to_be(url: str) -> None:
    with pytest.raises(broker.Unreachable):
        broker.waiting(url)


def test_the_gauges_count_what_they_say(db: "Db") -> None:
    minute, lease = timedelta(minutes=1), {"lease": uuid7(), "sent_at": now()}
    delivery(db, "queued", minute)
    delivery(db, "queued", -minute / 2)
    delivery(db, "queued", -minute * 2)
    delivery(db, "sending", -minute, leased_until=now() - minute, **lease)
    delivery(db, "sending", minute, leased_until=now() + minute, **lease)
    delivery(db, "unconfirmed", minute)
    delivery(db, "held", minute)
    delivery(db, "held", minute)
    delivery(db, "published", -minute, remote_id="1")
    db.add(Mail(to="a@example.com", subject="s", body="b"))
    db.add(Mail(to="a@example.com", subject="s", body="b", failed_at=now()))
    db.flush()
    seen = gauges.read()
    counted = {str(gauge.name): gauge.value for gauge in seen.gauges}
    assert list(counted.values()) == [3, 2, 1, 1, 1, 0, 2, 1, 1, 0]
    assert counted["Overdue"] == 1
    assert timedelta(minutes=2) <= seen.oldest < timedelta(minutes=3)


def test_many_are_said_to_be_many(db: "Db", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gauges, "MOST", 2)
    db.add_all(Mail(to="a@example.com", subject="s", body="b") for _number in range(9))
    db.flush()
    waiting = next(gauge for gauge in gauges.read().gauges if str(gauge.name) == "Mails waiting")
    assert (waiting.value, waiting.many) == (3, True)


def test_the_counts_stand_on_the_partial_indexes(db: "Db") -> None:
    for way in ("seqscan", "bitmapscan", "sort"):
        db.execute(text(f"SET LOCAL enable_{way} = off"))
    plan = "\n".join(db.scalars(text("EXPLAIN " + gauges.COUNTS.text), gauges.values(now())))
    for index in ("ix_deliveries_due", "ix_deliveries_held", "ix_mails_due", "ix_link_previews_due", "pk_mails"):
        assert index in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan, "the index gives the order"


def test_only_admins_see_the_health(client: "FlaskClient", db: "Db") -> None:
    for url in ("/admin/health", "/admin/doctor"):
        assert client.get(url).status_code == 302
        people = [who() for who in (rows.edda, rows.ravi, rows.emil, rows.ada)]
        assert [sign_in(client, person).get(url).status_code for person in people] == [403, 403, 403, 200]
        with client.session_transaction() as kept:
            kept.clear()


def test_ada_sees_what_is_wrong_and_what_to_do(client: "FlaskClient", db: "Db", no_broker: None) -> None:
    heartbeats.beat("worker:worker@here", at=now() - timedelta(minutes=5))
    delivery(db, "queued", -timedelta(minutes=2))
    page = words(sign_in(client, rows.ada()).get("/admin/health").text)
    assert "Last seen 5 minutes ago." in page
    assert "They should have left more than a minute ago." in page
    assert "Does not answer" in page
    assert "Never seen" in page


def test_htmx_gets_the_inner_part(client: "FlaskClient", db: "Db") -> None:
    alive(db)
    sign_in(client, rows.ada())
    part = client.get("/admin/health", headers={"HX-Request": "true"}).text
    assert "<html" not in part
    assert "Seen" in part
    assert 'hx-trigger="every 10s"' in client.get("/admin/health").text


def test_queries_are_bounded(client: "FlaskClient", db: "Db") -> None:
    alive(db)
    sign_in(client, rows.ada())
    asked: list[str] = []
    event.listen(db.connection(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    client.get("/admin/health")
    assert len([statement for statement in asked if statement.strip().startswith(("SELECT", "WITH"))]) <= 8, asked
