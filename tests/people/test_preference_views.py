"""What a person decides about themselves."""

import uuid
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.people import devices, passwords
from app.people.models import SignIn, User
from tests.people.builders import PASSWORD, form, person, sign_in, team, text, topic

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

NEW = "four new quiet words"
GOOD = {"name": "Emil Ó Ceallaigh", "field": "Grid research", "locale": "de", "time_zone": "Asia/Kathmandu"}


@pytest.mark.parametrize("path", ["/me", "/first-visit?step=2", "/first-visit?step=3", "/notices"])
def test_strangers_are_sent_to_sign_in(client: "FlaskClient", path: str) -> None:
    assert client.get(path).headers["Location"].startswith("/sign-in?next=/")


@pytest.mark.parametrize("name", ["Edda", "Ravi", "Emil", "Ada"])
def test_everybody_has_settings(client: "FlaskClient", name: str) -> None:
    sign_in(client, person(name, team=team("Netz & Planung")))
    assert client.get("/settings").headers["Location"] == "/me"
    page = client.get("/me").text
    assert f"{name.lower()}@outspoken.example" in page
    assert "Netz &amp; Planung" in page


def test_the_profile_is_saved(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    sign_in(client, emil)
    assert form(client, "/me", **GOOD).status_code == 303
    saved = db.get_one(User, emil.id)
    assert {name: getattr(saved, name) for name in GOOD} == GOOD
    assert '<html lang="de"' in client.get("/me").text


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("name", "  ", "This must not be empty."),
        ("name", "x" * 500, "At most 100 characters fit here; this has 500."),
        ("field", "x" * 101, "At most 100 characters fit here; this has 101."),
        ("locale", "xx", "Choose one of the languages."),
        ("time_zone", "../../etc/passwd", "Choose a time zone from the list"),
        ("time_zone", "", "Choose a time zone from the list"),
    ],
)
def test_a_mistake_keeps_what_was_typed(client: "FlaskClient", db: "Db", name: str, value: str, sentence: str) -> None:
    emil = person("Emil")
    sign_in(client, emil)
    answer = form(client, "/me", **{**GOOD, "name": "Typed", name: value})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert 'aria-invalid="true"' in answer.text or name == "locale"
    assert "Typed" in answer.text or name == "name"
    assert db.get_one(User, emil.id, populate_existing=True).name == "Emil"


def test_time_zones_are_offered_when_somebody_begins_to_choose(client: "FlaskClient") -> None:
    sign_in(client, person("Emil"))
    options = client.get("/me/zones", headers={"HX-Request": "true"}).text
    assert '<option value="Europe/Berlin">' in options
    assert "<html" not in options
    assert "<option" not in client.get("/me").text
    assert client.get("/me/zones").headers["Location"] == "/me"


def test_topics_are_followed_exactly_as_ticked(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    grid, work, old = topic("Grid", "Netz"), topic("Work", "Arbeit"), topic("Old", "Alt", retired_at=emil.created_at)
    sign_in(client, emil)
    ticked = [str(grid.id), str(old.id), str(uuid.uuid4()), "no id", str(emil.id)]
    form(client, "/me", "/me/topics", topic=ticked)
    assert [one.name_en for one in db.get_one(User, emil.id).topics] == ["Grid"]
    form(client, "/me", "/me/topics", topic=[str(work.id)])
    db.expire_all()
    assert [one.name_en for one in db.get_one(User, emil.id).topics] == ["Work"]
    form(client, "/me", "/me/topics")
    db.expire_all()
    assert db.get_one(User, emil.id).topics == []


def test_the_password_needs_the_old_one_and_ends_other_sign_ins(client: "FlaskClient", app: "Flask", db: "Db") -> None:
    emil = person("Emil")
    elsewhere = app.test_client()
    sign_in(elsewhere, emil)
    sign_in(client, emil)
    wrong = form(client, "/me", "/me/password", old_password="not my words", password=NEW)
    assert (wrong.status_code, "This is not your present password." in wrong.text) == (422, True)
    weak = form(client, "/me", "/me/password", old_password=PASSWORD, password="short")
    assert (weak.status_code, "Use at least 12 characters." in weak.text) == (422, True)
    assert elsewhere.get("/me").status_code == 200
    assert form(client, "/me", "/me/password", old_password=PASSWORD, password=NEW).status_code == 303
    assert passwords.matches(db.get_one(User, emil.id, populate_existing=True), NEW)
    assert elsewhere.get("/me").status_code == 302
    assert client.get("/me").status_code == 200


def test_a_stolen_sign_in_cannot_guess_the_password(client: "FlaskClient") -> None:
    sign_in(client, person("Emil"))
    statuses = [form(client, "/me", "/me/password", old_password="x", password=NEW).status_code for _try in range(11)]
    assert statuses == [422] * 10 + [429]


def test_sign_ins_are_listed_and_ended(client: "FlaskClient", app: "Flask", db: "Db") -> None:
    emil = person("Emil")
    others = [app.test_client() for _number in range(3)]
    for other in others:
        sign_in(other, emil)
    sign_in(client, emil)
    page = text(client.get("/me"))
    assert page.count("Firefox on Linux") == 4
    assert page.count("This device") == 1
    first = db.scalars(select(SignIn).where(SignIn.user_id == emil.id).order_by(SignIn.created_at)).first()
    assert first is not None
    for _time in range(2):
        assert form(client, "/me", f"/me/sign-ins/{first.id}/end").status_code == 303
    assert [other.get("/me").status_code for other in others] == [302, 200, 200]
    form(client, "/me", "/me/sign-ins/end-others")
    assert [other.get("/me").status_code for other in others] == [302, 302, 302]
    assert text(client.get("/me")).count("Firefox on Linux") == 1


def test_nobody_ends_somebody_elses_sign_in(client: "FlaskClient", app: "Flask", db: "Db") -> None:
    emil, ada = person("Emil"), person("Ada")
    victim = app.test_client()
    sign_in(victim, emil)
    foreign = db.scalars(select(SignIn.id).where(SignIn.user_id == emil.id)).one()
    sign_in(client, ada)
    assert form(client, "/me", f"/me/sign-ins/{foreign}/end").status_code == 404
    assert form(client, "/me", f"/me/sign-ins/{uuid.uuid4()}/end").status_code == 404
    assert victim.get("/me").status_code == 200


def test_the_first_visit_leads_through_three_steps(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil", welcomed_at=None)
    grid = topic("Grid", "Netz")
    sign_in(client, emil)
    assert client.get("/first-visit").headers["Location"] == "/guidelines/first"
    assert form(client, "/first-visit?step=2", "/first-visit", step="2", topic=str(grid.id)).headers["Location"] == "/first-visit?step=3"
    assert [one.name_en for one in db.get_one(User, emil.id).topics] == ["Grid"]
    assert db.get_one(User, emil.id).welcomed_at is None
    answer = form(client, "/first-visit?step=3", "/first-visit", step="3", go="accounts")
    assert answer.headers["Location"] == "/accounts"
    assert db.get_one(User, emil.id).welcomed_at is not None


def test_the_first_visit_can_be_skipped_and_keeps_topics(client: "FlaskClient", db: "Db") -> None:
    grid = topic("Grid", "Netz")
    emil = person("Emil", welcomed_at=None, topics=[grid])
    sign_in(client, emil)
    assert form(client, "/first-visit?step=2", "/first-visit", step="2", skip="yes").headers["Location"] == "/"
    saved = db.get_one(User, emil.id)
    assert saved.welcomed_at is not None
    assert [one.id for one in saved.topics] == [grid.id]


@pytest.mark.parametrize("step", ["9", "-1", "x", ""])
def test_a_made_up_step_does_no_harm(client: "FlaskClient", step: str) -> None:
    sign_in(client, person("Emil"))
    assert client.get("/first-visit", query_string={"step": step}).status_code in (200, 302)
    assert form(client, "/first-visit?step=2", "/first-visit", step=step).status_code == 303


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", ("Edge", "Windows")),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile/15E148 Safari/604.1", ("Safari", "iPhone")),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36", ("Chrome", "Android")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15.0; rv:140.0) Gecko/20100101 Firefox/140.0", ("Firefox", "Mac")),
        ("curl/8.0", ("", "")),
        ("", ("", "")),
    ],
)
def test_devices_in_words(agent: str, words: tuple[str, str]) -> None:
    assert devices.named(agent) == words
