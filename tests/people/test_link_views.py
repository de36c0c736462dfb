"""Links by mail: the welcome, a forgotten password, and everything that can be wrong with them."""

import threading
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from app import db as database
from app.notices.models import Mail
from app.people import invitations, resets, sign_ins, tickets
from app.people.link_views import SAME_SECONDS
from app.people.models import SignIn, Ticket, TicketKind, User
from tests.people.builders import PASSWORD, age, form, links, person, sign_in, text

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

NEW = "four new quiet words"
USED = "This link has been used already, or a newer one has taken its place."
UNKNOWN = "We do not know this link."
OLD = "This link is too old."


def invited(email: str = "zoe@outspoken.example") -> tuple[User, str]:
    """Zoe, invited by Ada, and the path of her link."""
    ada = person("Ada", email=f"ada-for-{email}")
    zoe = invitations.invite(email=email, name="Zoe", roles=["expert"], team_id=None, locale="en", by=ada)
    database.session.commit()
    return zoe, links(email)[-1]


def test_an_invitation_is_accepted_once(client: "FlaskClient", app: "Flask", db: "Db") -> None:
    zoe, path = invited()
    assert "zoe@outspoken.example" in client.get(path).text
    answer = form(client, path, password=NEW, name="Zoë <b>Müller</b>")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/first-visit")
    assert db.get_one(User, zoe.id).name == "Zoë <b>Müller</b>"
    page = client.get("/me").text
    assert "Zoë &lt;b&gt;Müller&lt;/b&gt;" in page
    assert "<b>Müller" not in page
    again = app.test_client().get(path)
    assert again.status_code == 410
    assert USED in again.text
    assert "/forgot" in again.text


def test_a_second_click_on_come_in_changes_nothing(client: "FlaskClient", app: "Flask", db: "Db") -> None:
    zoe, path = invited()
    client.get(path)
    other = app.test_client()
    other.get(path)
    form(client, path, password=NEW, name="Zoe")
    late = form(other, "/sign-in", path, password="somebody else's words", name="Mallory")
    assert late.status_code == 410
    assert db.get_one(User, zoe.id).name == "Zoe"
    assert sign_ins.person("zoe@outspoken.example", NEW) is not None


def test_of_two_at_once_only_one_gets_the_link(committed: "Db") -> None:
    _zoe, path = invited()
    token, outcomes, start = path.rpartition("/")[2], [], threading.Barrier(2)

    def accept(password: str) -> None:
        start.wait()
        try:
            with database.transaction():
                invitations.accept(token, password=password, name="Zoe")
            outcomes.append("in")
        except tickets.Spent:
            outcomes.append("spent")

    threads = [threading.Thread(target=accept, args=(f"{word} quiet words here",)) for word in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["in", "spent"]


def test_an_old_invitation_leads_to_a_new_one(client: "FlaskClient", db: "Db") -> None:
    _zoe, path = invited()
    age(path, timedelta(days=7))
    answer = client.get(path)
    assert answer.status_code == 410
    assert OLD in answer.text
    assert form(client, "/forgot", email="ZOE@outspoken.example").status_code == 200
    fresh = links("zoe@outspoken.example")
    assert len(fresh) == 2
    assert USED in client.get(path).text
    assert client.get(fresh[1]).status_code == 200


@pytest.mark.parametrize("path", ["/welcome/nonsense", "/reset/nonsense", "/welcome/%00", "/reset/" + "x" * 3000])
def test_an_unknown_link_says_so(client: "FlaskClient", path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 410
    assert UNKNOWN in answer.text


def test_a_reset_link_is_no_invitation_and_the_other_way_round(client: "FlaskClient", db: "Db") -> None:
    _zoe, invitation = invited()
    person("Emil")
    form(client, "/forgot", email="emil@outspoken.example")
    [reset] = links("emil@outspoken.example")
    assert client.get(reset.replace("/reset/", "/welcome/")).status_code == 410
    assert client.get(invitation.replace("/welcome/", "/reset/")).status_code == 410


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("short", "Use at least 12 characters."),
        ("zoe@outspoken.example", "This is too easy to guess."),
        ("ZOE@outspoken.EXAMPLE", "This is too easy to guess."),
        ("aaaaaaaaaaaaaaaa", "This is too easy to guess."),
        ("x1y2" * 51, "Use at most 200 characters."),
        ("", "Use at least 12 characters."),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays_good(client: "FlaskClient", password: str, sentence: str) -> None:
    _zoe, path = invited()
    answer = form(client, path, password=password, name="My typed name")
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert 'value="My typed name"' in answer.text
    assert form(client, path, password=NEW, name="Zoe").status_code == 303


@pytest.mark.parametrize(
    ("name", "status", "kept"),
    [
        ("", 422, "Zoe"),
        (" \t\u202e ", 422, "Zoe"),
        ("x" * 101, 422, "Zoe"),
        ("x" * 500, 422, "Zoe"),
        ("Zo\u0000e\r\nBcc: all@example.com", 303, "Zo e Bcc: all@example.com"),
        ("نور الهدى", 303, "نور الهدى"),
        ("\u202eZoe\u2066", 303, "Zoe"),
        ("<script>alert(1)</script>", 303, "<script>alert(1)</script>"),
        ("Zoe\u0308", 303, "Zoë"),
    ],
)
def test_names_are_taken_as_they_are_but_cannot_break_a_page(client: "FlaskClient", db: "Db", name: str, status: int, kept: str) -> None:
    zoe, path = invited()
    assert form(client, path, password=NEW, name=name).status_code == status
    assert db.get_one(User, zoe.id, populate_existing=True).name == kept
    if status == 303:
        assert "<script>alert" not in client.get("/me").text


def test_a_reset_sets_the_password_and_ends_every_sign_in(client: "FlaskClient", app: "Flask", db: "Db") -> None:
    emil = person("Emil")
    elsewhere = app.test_client()
    sign_in(elsewhere, emil)
    assert form(client, "/forgot", email="emil@outspoken.example").status_code == 200
    [path] = links("emil@outspoken.example")
    assert form(client, path, password="short").status_code == 422
    assert form(client, path, password=NEW).headers["Location"] == "/"
    assert client.get("/me").status_code == 200
    assert elsewhere.get("/me").status_code == 302
    assert sign_ins.person("emil@outspoken.example", NEW) is not None
    assert sign_ins.person("emil@outspoken.example", PASSWORD) is None
    assert USED in app.test_client().get(path).text


def test_a_reset_link_lives_one_hour_and_a_newer_one_replaces_it(client: "FlaskClient", db: "Db") -> None:
    person("Emil")
    for _time in range(2):
        form(client, "/forgot", email="emil@outspoken.example")
    first, second = links("emil@outspoken.example")
    assert USED in client.get(first).text
    age(second, timedelta(minutes=59))
    assert client.get(second).status_code == 200
    age(second, timedelta(minutes=1))
    assert OLD in client.get(second).text


def test_a_link_sets_only_its_owners_password(client: "FlaskClient", db: "Db") -> None:
    person("Emil")
    ravi = person("Ravi")
    form(client, "/forgot", email="emil@outspoken.example")
    [path] = links("emil@outspoken.example")
    form(client, path, password=NEW, email=ravi.email, user_id=str(ravi.id), username=ravi.email)
    assert sign_ins.person(ravi.email, PASSWORD) is not None
    assert sign_ins.person("emil@outspoken.example", NEW) is not None


def test_asking_tells_nobody_who_is_here(client: "FlaskClient", db: "Db") -> None:
    person("Emil")
    person("Edda", deactivated_at=func.now())
    answers, seconds = [], []
    for email in ("emil@outspoken.example", "sam@outspoken.example", "edda@outspoken.example"):
        begun = time.monotonic()
        answer = form(client, "/forgot", email=email)
        seconds.append(time.monotonic() - begun)
        answers.append((answer.status_code, text(answer).replace(email, "")))
    assert len(set(answers)) == 1
    assert min(seconds) >= SAME_SECONDS
    assert db.scalars(select(Mail.to)).all() == ["emil@outspoken.example"]


@pytest.mark.parametrize("email", ["", "emil", "emil@", "a@b\r\nBcc: x@y.example", "<script>@x.example", "x" * 250 + "@x.example"])
def test_what_is_no_address_is_said(client: "FlaskClient", email: str) -> None:
    answer = form(client, "/forgot", email=email)
    assert answer.status_code == 422
    assert "This is not an e-mail address." in answer.text


def test_asking_is_throttled(client: "FlaskClient", db: "Db") -> None:
    person("Emil")
    statuses = [form(client, "/forgot", email="emil@outspoken.example").status_code for _try in range(4)]
    assert statuses == [200, 200, 200, 429]
    assert len(links("emil@outspoken.example")) == 3


def test_deactivated_people_hold_no_links(client: "FlaskClient", db: "Db") -> None:
    zoe, path = invited()
    zoe.deactivated_at = func.now()
    db.commit()
    assert client.get(path).status_code == 410


def test_only_a_hash_of_a_token_is_kept(db: "Db") -> None:
    _zoe, path = invited()
    ticket = db.scalars(select(Ticket)).one()
    assert ticket.token_hash == sign_ins.token_hash(path.removeprefix("/welcome/"))
    assert path not in str(vars(ticket))
    assert (ticket.expires_at - ticket.created_at).days in (6, 7)


def test_the_first_admin_is_made_by_a_command(client: "FlaskClient", db: "Db") -> None:
    url = invitations.create_admin(email="Ada@Outspoken.example", name="Ada")
    db.commit()
    assert form(client, url.removeprefix("http://localhost"), password=NEW, name="Ada").status_code == 303
    assert client.get("/admin/people").status_code == 200
    assert db.scalar(select(func.count()).select_from(Mail)) == 0


def test_the_command_makes_somebody_who_is_here_an_admin(db: "Db") -> None:
    emil = person("Emil", roles=["reviewer"], deactivated_at=func.now())
    url = invitations.create_admin(email="emil@outspoken.example", name="Somebody")
    assert "/reset/" in url
    assert (emil.name, emil.roles, emil.deactivated_at) == ("Emil", ["reviewer", "admin"], None)


def test_a_reset_voids_every_other_link(db: "Db") -> None:
    emil = person("Emil")
    url = tickets.issue(emil, TicketKind.RESET)
    tickets.issue(emil, TicketKind.INVITATION)
    resets.finish(url.rpartition("/")[2], password=NEW)
    db.flush()
    assert db.scalar(select(func.count()).where(Ticket.used_at.is_(None))) == 0
    assert db.scalar(select(func.count()).where(SignIn.ended_at.is_(None))) == 0
