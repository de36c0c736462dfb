"""Pages for developers: there in development only."""

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from app.notices import mailbox
from tests.people.builders import form, links, person, sign_in

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session


def test_mails_can_be_read_and_followed_without_signing_in(client: "FlaskClient", db: "scoped_session[Session]") -> None:
    person("Emil")
    assert "No mail yet" in client.get("/dev/mail").text
    form(client, "/forgot", email="emil@outspoken.example")
    [link] = links("emil@outspoken.example")
    page = client.get("/dev/mail").text
    assert "Choose a new password" in page
    path = page.partition('href="/dev/mail/')[2].partition('"')[0]
    assert f'<a href="http://localhost{link}">' in client.get(f"/dev/mail/{path}").text
    assert client.get("/dev/mail/00000000-0000-0000-0000-000000000007").status_code == 404


def test_a_mail_cannot_bring_marks_of_its_own(client: "FlaskClient", db: "scoped_session[Session]") -> None:
    mail = mailbox.write(person("Emil"), "reset", facts={"name": "<script>alert(1)</script>", "company": "Us"}, url="/reset/x")
    db.commit()
    assert "<script>alert" not in client.get(f"/dev/mail/{mail.id}").text


def test_every_component_is_shown(client: "FlaskClient") -> None:
    sign_in(client, person("Edda"))
    assert client.get("/dev/components").status_code == 200


@pytest.mark.parametrize(
    "where", [{"OUTSPOKEN_ENV": "production"}, {"OUTSPOKEN_ENV": "development", "BASE_URL": "https://share.company.example"}]
)
def test_what_the_world_can_reach_has_none_of_it(where: dict[str, str]) -> None:
    """The local mailbox opens accounts, so a public address never shows it, whatever else is said."""
    listing = "from app.factory import create_app; print(*(rule.rule for rule in create_app().url_map.iter_rules()))"
    done = subprocess.run([sys.executable, "-c", listing], env={**os.environ, **where}, capture_output=True, text=True, check=True)
    rules = done.stdout.split()
    assert "/sign-in" in rules
    assert not [rule for rule in rules if rule.startswith("/dev")]
