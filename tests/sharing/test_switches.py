"""Networks on and off."""

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

import config
from app.audit.models import Event
from app.clock import now
from app.db import session
from app.errors import Missing
from app.ids import uuid7
from app.sharing import holding, switches
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, Priority, Share
from tests import rows
from tests.guidelines.browsing import post, sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


@pytest.fixture
def production(app: object) -> "Iterator[None]":
    """Settings of a production with a practice network."""
    before = config.settings()
    config.use(replace(before, environment="production", practice_url="http://127.0.0.1:9"))
    yield
    config.use(before)


def held_delivery(network: str, problem: str) -> Delivery:
    """One delivery that waits because its network was off."""
    emil = rows.emil()
    offered = rows.post(rows.edda(), rows.ravi())
    account = ConnectedAccount(
        id=uuid7(), user_id=emil.id, network=network, host="a.example", remote_id=str(uuid7()), handle="emil", name="Emil",
        tokens={"access_token": "secret"},
    )  # fmt: skip
    share = Share(id=uuid7(), user_id=emil.id, post_id=offered.id, click=str(uuid7()), language="en")
    session.add_all([account, share])
    session.flush()
    made = Delivery(
        id=uuid7(), share_id=share.id, user_id=emil.id, post_id=offered.id, account_id=account.id, network=network, language="en",
        text="x", text_hash="x", latest_at=now() + timedelta(days=1), state="held", problem=problem,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made


def test_everything_is_on_until_switched_off(db: "Db") -> None:
    ada = rows.ada()
    assert switches.enabled("mastodon")
    assert switches.enabled_networks() == ["mastodon"]
    assert len(switches.enabled_links()) == 9
    switches.turn("mastodon", on=False, by=ada.id)
    switches.turn("link:xing", on=False, by=ada.id)
    assert not switches.enabled("mastodon")
    assert switches.enabled_networks() == []
    assert not switches.link_enabled("xing")
    assert switches.link_enabled("mastodon")
    assert not switches.link_enabled("nonsense")
    switches.turn("mastodon", on=True, by=ada.id)
    assert switches.enabled("mastodon")
    told = db.execute(select(Event.verb, Event.facts).order_by(Event.id)).all()
    assert [(row.verb, row.facts["network"]) for row in told] == [
        ("switched off", "Mastodon"), ("switched off", "XING"), ("switched on", "Mastodon"),
    ]  # fmt: skip


def test_saying_it_twice_is_one_event(db: "Db") -> None:
    ada = rows.ada()
    switches.turn("mastodon", on=False, by=ada.id)
    switches.turn("mastodon", on=False, by=ada.id)
    assert len(db.scalars(select(Event.id)).all()) == 1


@pytest.mark.usefixtures("production")
def test_in_production_practice_is_off_until_switched_on(db: "Db") -> None:
    assert switches.enabled_networks() == ["mastodon"]
    switches.turn("practice", on=True, by=rows.ada().id)
    assert switches.enabled("practice")
    assert switches.enabled_networks() == ["mastodon", "practice"]


def test_practice_is_on_in_development(db: "Db", production: None) -> None:
    config.use(replace(config.settings(), environment="development"))
    assert switches.enabled("practice")


@pytest.mark.parametrize(("problem", "state"), [("network_off", "queued"), ("reauth", "held")])
def test_switching_on_lets_go_only_what_was_held_for_it(db: "Db", problem: str, state: str) -> None:
    waiting, ada = held_delivery("mastodon", problem), rows.ada()
    switches.turn("mastodon", on=False, by=ada.id)
    assert waiting.state == "held"
    switches.turn("mastodon", on=True, by=ada.id)
    assert waiting.state == state


def test_switching_on_leaves_what_is_too_late_and_other_networks_and_keeps_what_is_planned(db: "Db") -> None:
    """What is over is due now, what lies ahead keeps its minute; what is too late waits for the worker who asks its owner."""
    late, over, ahead, elsewhere = (held_delivery("mastodon", "network_off") for _ in range(4))
    minute, present = now() + timedelta(hours=3), now()
    late.latest_at, elsewhere.network = present - timedelta(minutes=1), "practice"
    over.due_at, ahead.due_at, ahead.priority = present - timedelta(minutes=5), minute, Priority.SPREAD.value
    db.flush()
    holding.release_network("mastodon", now=present)
    assert [row.state for row in (late, over, ahead, elsewhere)] == ["held", "queued", "queued", "held"]
    assert [row.problem for row in (late, over, ahead, elsewhere)] == ["network_off", None, None, "network_off"]
    assert (over.due_at, ahead.due_at) == (present, minute)


@pytest.mark.parametrize("key", ["", "myspace", "link:", "link:nonsense", "practice", "xing"])
def test_an_unknown_network_is_missing(db: "Db", key: str) -> None:
    with pytest.raises(Missing):
        switches.turn(key, on=True, by=rows.ada().id)


def test_only_admins_switch(client: "FlaskClient", db: "Db") -> None:
    assert client.get("/admin/networks").status_code == 302
    people = [who() for who in (rows.edda, rows.ravi, rows.emil, rows.ada)]
    assert [sign_in(client, person).get("/admin/networks").status_code for person in people] == [403, 403, 403, 200]
    sign_in(client, people[2])
    assert post(client, "/admin/networks/mastodon", {"on": "no"}, page="/guidelines").status_code == 403
    assert switches.enabled("mastodon")


def test_ada_switches(client: "FlaskClient", db: "Db") -> None:
    sign_in(client, rows.ada())
    assert "Switch off Mastodon" in client.get("/admin/networks").text
    answer = post(client, "/admin/networks/mastodon", {"on": "no"}, page="/admin/networks")
    assert (answer.status_code, answer.location) == (303, "/admin/networks")
    page = client.get("/admin/networks").text
    assert "Mastodon is off. Nothing is lost." in page
    assert "Switch on Mastodon" in page
    assert post(client, "/admin/networks/nonsense", {"on": "yes"}, page="/admin/networks").status_code == 404
