"""Every address of the product, walked by everybody: who may enter is let in, nobody else is, and nothing falls over."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.routing import Rule

from app.people.models import Role
from app.web import ANYONE, EMPLOYEE
from tests import rows
from tests.signed_in import RAW_TOKEN, browser

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Database = scoped_session[Session]

CAST = {"stranger": None, "employee": "", "expert": "expert", "reviewer": "reviewer", "admin": "admin"}
SOUND = {200, 204, 302, 303, 304, 400, 401, 403, 404, 405, 409, 410, 413, 422, 429}
# They look at sign-in and token themselves, because what somebody typed into an old window must not be lost.
KEEP_WHAT_WAS_TYPED = {"/media", "/proposals/draft", "/proposals/submit"}
# All that a stranger may see or send.
OPEN_TO_STRANGERS = {
    *("/brand.css", "/logo", "/healthz", "/livez", "/readyz", "/metrics", "/language"),
    *("/sign-in", "/sign-out", "/forgot", "/reset/<token>", "/welcome/<token>"),
    *("/s/<code>", "/dev/mail", "/dev/mail/<uuid:mail_id>"),
}
# Says 503 on purpose when a part is missing, as in a test without workers.
MAY_BE_UNWELL = "/healthz"
MADE_UP = {"network": "mastodon", "key": "mastodon", "code": "G-99", "token": "x" * 43, "rendition": "full", "filename": "nothing.css"}


def everything(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every method of every address."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            yield from ((method, rule) for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))


def address(app: Flask, rule: Rule) -> str:
    """The rule's address with ids that nobody has."""
    values = {name: _made_up(rule, name) for name in rule.arguments}
    with app.test_request_context():
        return str(rule.build(values)[1])  # type: ignore[index]


def _made_up(rule: Rule, name: str) -> object:
    kind = type(rule._converters[name]).__name__
    return {"UUIDConverter": uuid.uuid4(), "IntegerConverter": 1}.get(kind, MADE_UP.get(name, "nothing"))


def allowed(app: Flask, rule: Rule) -> frozenset[str]:
    """Who may enter."""
    if rule.rule in KEEP_WHAT_WAS_TYPED:
        return frozenset({Role.EXPERT})
    who: frozenset[str] = getattr(app.view_functions[rule.endpoint], "allowed", frozenset())
    return who


def enters(role: str, who: frozenset[str]) -> bool:
    return ANYONE in who or (role != "stranger" and (EMPLOYEE in who or role in who))


def visitor(app: Flask, role: str) -> FlaskClient:
    """A fresh browser with a form of ours open, signed in unless it is a stranger's."""
    if CAST[role] is not None:
        return browser(app, rows.person(role.capitalize(), *filter(None, [CAST[role]])))
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = RAW_TOKEN
    signed = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps(RAW_TOKEN)
    client.environ_base["HTTP_X_CSRFTOKEN"] = str(signed)
    return client


def problem(app: Flask, role: str, method: str, rule: Rule) -> str:
    """What is wrong with the answer, in words; empty when it is as it should be."""
    answer = visitor(app, role).open(address(app, rule), method=method)
    status, place = answer.status_code, answer.headers.get("Location", "")
    if status not in SOUND and rule.rule != MAY_BE_UNWELL:
        return f"answers {status}"
    if enters(role, allowed(app, rule)):
        return f"turns {role} away with {status}" if status == 403 or "/sign-in?" in place else ""
    if rule.rule in KEEP_WHAT_WAS_TYPED:
        return "" if status in (401, 403) else f"lets {role} in with {status}"
    if role == "stranger":
        return "" if status == 302 and place.startswith("/sign-in") else f"answers a stranger with {status} {place}"
    return "" if status == 403 else f"lets {role} in with {status}"


def test_every_address_says_who_may_enter(app: Flask) -> None:
    known = {ANYONE, EMPLOYEE, *Role}
    unsure = [rule.rule for _, rule in everything(app) if not allowed(app, rule) or not allowed(app, rule) <= known]
    assert unsure == []


def test_strangers_find_only_these_addresses(app: Flask) -> None:
    assert {rule.rule for _, rule in everything(app) if ANYONE in allowed(app, rule)} == OPEN_TO_STRANGERS


def test_the_rooms_of_admins_and_reviewers_are_theirs_alone(app: Flask) -> None:
    for start, role in (("/admin", Role.ADMIN), ("/review", Role.REVIEWER)):
        found = {rule.rule: allowed(app, rule) for _, rule in everything(app) if rule.rule.startswith(start)}
        assert len(found) > 5
        assert set(found.values()) == {frozenset({role})}


def test_a_view_that_says_nothing_is_never_shown(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard itself: take the word from one view, and nobody gets in."""
    monkeypatch.setattr(app.view_functions["sign_in.page"], "allowed", None)
    assert client.get("/sign-in").status_code == 500


@pytest.mark.parametrize("role", CAST)
def test_everybody_gets_where_they_may_and_nowhere_else(app: Flask, db: "Database", role: str) -> None:
    found = {f"{method} {rule.rule}": problem(app, role, method, rule) for method, rule in everything(app)}
    assert len(found) > 80
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize("path", ["/review/not-an-id", "/proposals/1", "/media/../x/full", "/guidelines/%00", "/admin/people/%F0%9F%92%A9"])
def test_ids_that_are_none_are_nowhere(app: Flask, db: "Database", path: str) -> None:
    ada = browser(app, rows.person("Ada", "admin", "reviewer", "expert"))
    assert ada.get(path).status_code == 404


def test_a_post_without_the_forms_token_is_refused_everywhere(app: Flask, db: "Database") -> None:
    ada = browser(app, rows.person("Ada", "admin", "reviewer", "expert"))
    del ada.environ_base["HTTP_X_CSRFTOKEN"]
    answers = {rule.rule: ada.post(address(app, rule)).status_code for method, rule in everything(app) if method == "POST"}
    assert {path: status for path, status in answers.items() if status not in (400, 403)} == {}
