"""Signing in and out, for the whole cast and for strangers with bad intentions."""

import re
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from limits import parse
from sqlalchemy import select

from app.audit.models import Event
from app.people import deactivation, passwords, throttle
from app.people.models import SignIn, User
from tests.people.builders import PASSWORD, form, person, sign_in, text

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

WRONG = "E-mail and password do not belong together."


def enter(client: "FlaskClient", email: str, password: str = PASSWORD, **more: str) -> "tuple[int, str]":
    response = form(client, "/sign-in", email=email, password=password, **more)
    return response.status_code, response.headers.get("Location", "")


@pytest.mark.parametrize("name", ["Edda", "Ravi", "Emil", "Ada"])
def test_everybody_of_the_cast_comes_in(client: "FlaskClient", name: str) -> None:
    person(name)
    assert enter(client, f"  {name.upper()}@Outspoken.example ") == (303, "/")
    assert client.get("/me").status_code == 200


def test_who_comes_for_the_first_time_is_shown_around(client: "FlaskClient", db: "Db") -> None:
    person("Emil", welcomed_at=None)
    assert enter(client, "emil@outspoken.example") == (303, "/first-visit")


def test_nobody_learns_why_they_may_not_come_in(client: "FlaskClient", db: "Db") -> None:
    person("Emil")
    person("Ravi", invited=True)
    ada = person("Ada")
    edda = person("Edda")
    deactivation.deactivate(edda.id, by=ada)
    db.commit()
    tries = [("emil@", "wrong words here"), ("ravi@", ""), ("ravi@", PASSWORD), ("edda@", PASSWORD), ("sam@", PASSWORD), ("", "")]
    answers = []
    for email, password in tries:
        response = form(client, "/sign-in", email=f"{email}outspoken.example", password=password)
        answers.append((response.status_code, text(response).replace(email, "")))
        assert WRONG in response.text
    assert {status for status, _words in answers} == {422}
    assert len({words for _status, words in answers}) == 1


def test_an_unknown_address_costs_one_hash_like_a_known_one(client: "FlaskClient", monkeypatch: pytest.MonkeyPatch) -> None:
    person("Emil")
    verified: list[str] = []
    real = passwords._verified

    def watched(hashed: str, password: str) -> bool:
        verified.append(hashed[:25])
        return real(hashed, password)

    monkeypatch.setattr(passwords, "_verified", watched)
    for email in ("emil@outspoken.example", "sam@outspoken.example"):
        enter(client, email, "wrong words here")
    assert len(verified) == 2
    assert verified[0] == verified[1]


@pytest.mark.parametrize(
    ("target", "goes_to"),
    [
        ("/review?x=1", "/review?x=1"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("///evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\r\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("evil.example", "/"),
        ("", "/"),
    ],
)
def test_next_leads_only_to_pages_of_ours(client: "FlaskClient", target: str, goes_to: str) -> None:
    person("Emil")
    assert enter(client, "emil@outspoken.example", next=target) == (303, goes_to)
    assert client.get("/sign-in", query_string={"next": target}).headers["Location"] == goes_to


def test_the_session_of_before_is_worthless(client: "FlaskClient", db: "Db") -> None:
    person("Emil")
    with client.session_transaction() as session:
        session.update({"planted": "by Sam", "locale": "de", "_user_id": "a token that Sam knows"})
    enter(client, "emil@outspoken.example")
    with client.session_transaction() as session:
        assert "planted" not in session
        assert session["locale"] == "de"
        assert session["_user_id"] != "a token that Sam knows"
        assert session.permanent


def test_a_second_sign_in_on_the_device_ends_the_first(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    sign_in(client, emil)
    token = re.search(r'csrf-token" content="([^"]+)', client.get("/me").text)[1]  # type: ignore[index]
    client.post("/sign-in", data={"csrf_token": token, "email": emil.email, "password": PASSWORD})
    ended = db.scalars(select(SignIn.ended_at.is_not(None)).order_by(SignIn.created_at)).all()
    assert ended == [True, False]


def test_after_sign_out_the_old_cookie_opens_nothing(client: "FlaskClient", app: "object") -> None:
    person("Emil")
    enter(client, "emil@outspoken.example")
    stolen = client.get_cookie("outspoken").value  # type: ignore[union-attr]
    assert form(client, "/me", "/sign-out").status_code == 303
    client.set_cookie("outspoken", stolen)
    assert client.get("/me").headers["Location"] == "/sign-in?next=/me"
    assert client.post("/sign-out").status_code == 400


def test_after_deactivation_the_cookie_opens_nothing(client: "FlaskClient", db: "Db") -> None:
    emil, ada = person("Emil"), person("Ada")
    enter(client, "emil@outspoken.example")
    assert client.get("/me").status_code == 200
    deactivation.deactivate(emil.id, by=ada)
    db.commit()
    assert client.get("/me").status_code == 302


def test_an_account_has_ten_tries_and_then_a_clear_sentence(client: "FlaskClient", db: "Db") -> None:
    person("Emil")
    person("Edda")
    statuses = [enter(client, "Emil@outspoken.example", "wrong words here")[0] for _try in range(11)]
    assert statuses == [422] * 10 + [429]
    late = form(client, "/sign-in", email="emil@outspoken.example", password=PASSWORD)
    assert late.status_code == 429
    assert "Too many tries. Wait 15 minutes and try again; your account is safe." in late.text
    assert 'value="emil@outspoken.example"' in late.text
    assert enter(client, "edda@outspoken.example") == (303, "/")


def test_an_address_is_stopped_whatever_accounts_it_tries(client: "FlaskClient", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "PER_ADDRESS", parse("3/15 minutes"))
    person("Emil")
    statuses = [enter(client, f"guess{number}@outspoken.example", "x")[0] for number in range(4)]
    assert statuses == [422, 422, 422, 429]
    assert enter(client, "emil@outspoken.example")[0] == 429


def test_a_whole_office_behind_one_address_comes_in(client: "FlaskClient", monkeypatch: pytest.MonkeyPatch, app: "object") -> None:
    monkeypatch.setattr(throttle, "PER_ADDRESS", parse("3/15 minutes"))
    for name in ("Edda", "Ravi", "Emil", "Ada", "Zoe"):
        person(name)
        assert enter(client, f"{name}@outspoken.example") == (303, "/")
        form(client, "/me", "/sign-out")


def test_bad_input_is_only_a_wrong_password(client: "FlaskClient") -> None:
    for email in ("\x00", "a" * 5000, "<script>alert(1)</script>@x.example", "أحمد@مثال.إختبار"):
        response = form(client, "/sign-in", email=email, password="\x00" + "ü" * 5000)
        assert response.status_code == 422
        assert "<script>alert" not in response.text


def test_a_form_without_token_is_refused(client: "FlaskClient") -> None:
    person("Emil")
    assert client.post("/sign-in", data={"email": "emil@outspoken.example", "password": PASSWORD}).status_code == 400


def test_a_stranger_chooses_a_language_for_this_device(client: "FlaskClient") -> None:
    assert 'lang="en"' in client.get("/sign-in").text
    answer = form(client, "/sign-in", "/language", locale="de", next="/sign-in?next=/me")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?next=/me")
    assert '<html lang="de"' in client.get("/sign-in").text
    assert form(client, "/sign-in", "/language", locale="xx").status_code == 409


def test_a_language_chosen_while_signed_in_is_kept_with_the_person(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    sign_in(client, emil)
    form(client, "/me", "/language", locale="de", next="//evil.example")
    assert db.get_one(User, emil.id).locale == "de"
    assert form(client, "/me", "/language", locale="xx").status_code == 422


def test_older_hashes_are_renewed(client: "FlaskClient", db: "Db") -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    emil = person("Emil", password_hash=old)
    enter(client, "emil@outspoken.example")
    renewed = db.get_one(User, emil.id).password_hash
    assert renewed != old
    assert passwords.matches(emil, PASSWORD)


def test_coming_and_going_is_in_the_trail(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    enter(client, "emil@outspoken.example")
    form(client, "/me", "/sign-out")
    assert db.execute(select(Event.verb, Event.actor_id).order_by(Event.id)).all() == [("signed in", emil.id), ("signed out", emil.id)]


def test_when_redis_is_away_the_process_counts_for_itself(client: "FlaskClient", monkeypatch: pytest.MonkeyPatch) -> None:
    person("Emil")

    class Away:
        def __getattr__(self, name: str) -> object:
            raise ConnectionError("no redis here")

    monkeypatch.setattr("app.people.sign_in_views.limiter", type("Limiter", (), {"limiter": Away()})())
    throttle._own.storage.reset()
    statuses = [enter(client, "emil@outspoken.example", "wrong words here")[0] for _try in range(11)]
    assert statuses == [422] * 10 + [429]
