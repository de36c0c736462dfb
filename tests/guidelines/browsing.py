"""A signed-in browser without JavaScript, for tests of pages."""

import re
from typing import TYPE_CHECKING

from app import db
from app.people import sign_ins
from app.people.models import User

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


def sign_in(client: "FlaskClient", user: User) -> "FlaskClient":
    """From now on the browser is this person's; what the test has made so far is committed."""
    token = sign_ins.start(user, "a test")
    db.commit()
    with client.session_transaction() as kept:
        kept.clear()
        kept["_user_id"] = token
        kept["_fresh"] = True
    return client


def post(client: "FlaskClient", url: str, fields: dict[str, str] | None = None, *, page: str) -> "TestResponse":
    """Send a form whose token stands on that page."""
    return client.post(url, data={"csrf_token": token_on(client, page), **(fields or {})})


def token_on(client: "FlaskClient", page: str) -> str:
    """The token of a form on a page."""
    found = _TOKEN.search(client.get(page).text)
    assert found is not None, f"{page} has no form"
    return found[1]


def words(html: str) -> str:
    """What a person reads: the text of a page without tags, on one line."""
    plain = re.sub(r"<(script|style|template)\b.*?</\1>", " ", html, flags=re.DOTALL)
    plain = re.sub(r"<[^>]+>", " ", plain)
    for name, sign in {"&#39;": "'", "&#34;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">"}.items():
        plain = plain.replace(name, sign)
    return " ".join(plain.split())
