"""The cast, and what they need to come in."""

import re
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from app import db
from app.clock import now
from app.notices.models import Mail
from app.people import passwords, sign_ins
from app.people.models import Role, Team, Ticket, Topic, User

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

PASSWORD = "three quiet words"
_hashed = passwords.hasher.hash(PASSWORD)
ROLES = {"Edda": [Role.EXPERT], "Ravi": [Role.REVIEWER], "Emil": [], "Ada": [Role.ADMIN]}
TOKEN_FIELD = re.compile(r'name="csrf_token" value="([^"]+)"')


def person(name: str, /, *, invited: bool = False, **facts: Any) -> User:
    """One of the cast, or somebody else; active and welcomed unless told otherwise."""
    email = facts.pop("email", f"{name.lower()}@outspoken.example")
    made = User(id=uuid.uuid4(), email=email, name=name, roles=[role.value for role in ROLES.get(name, [])], welcomed_at=now())
    made.password_hash = None if invited else _hashed
    for fact, value in facts.items():
        setattr(made, fact, value)
    db.session.add(made)
    db.session.commit()
    return made


def team(name: str) -> Team:
    made = Team(id=uuid.uuid4(), name=name)
    db.session.add(made)
    db.session.commit()
    return made


def topic(name_en: str, name_de: str, **facts: Any) -> Topic:
    made = Topic(id=uuid.uuid4(), name_en=name_en, name_de=name_de, **facts)
    db.session.add(made)
    db.session.commit()
    return made


def sign_in(client: "FlaskClient", user: User) -> None:
    """Put a sign-in of this person into the browser, without the form."""
    token = sign_ins.start(user, "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
    db.session.commit()
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = token


def form(client: "FlaskClient", page: str, action: str | None = None, /, **values: Any) -> "TestResponse":
    """Open a page and send its form, CSRF token included; `action` where the form goes elsewhere than the page."""
    found = TOKEN_FIELD.search(client.get(page).text)
    assert found, f"{page} has no form"
    return client.post(action or page, data={"csrf_token": found[1], **values})


def text(response: "TestResponse") -> str:
    """What a reader sees: the page without its marks, on one line."""
    words = re.sub(r"<(script|template|datalist).*?</\1>|<[^>]+>", " ", response.text, flags=re.DOTALL)
    return " ".join(words.replace("&#39;", "'").split())


def links(email: str) -> list[str]:
    """The paths of the links mailed to this address, oldest first."""
    bodies = db.session.scalars(select(Mail.body).where(Mail.to == email).order_by(Mail.id))
    return [body.rstrip("\n").rpartition("\n")[2].removeprefix("http://localhost") for body in bodies]


def age(path: str, by: timedelta) -> None:
    """Let the ticket behind a link grow older."""
    found = db.session.scalars(select(Ticket).where(Ticket.token_hash == sign_ins.token_hash(path.rpartition("/")[2]))).one()
    found.expires_at -= by
    db.session.commit()
