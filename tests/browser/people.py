"""The cast in the running product's own tables. Everything here commits: the product must see it."""

import os
from types import SimpleNamespace
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from app.editorial.models import Post
from app.guidelines import acknowledgements, editions, starter
from app.people import sign_ins
from app.people.models import User
from tests import rows
from tests.browser.running import CONTROL_TOKEN, Running
from tests.people.builders import PASSWORD, person, topic
from tests.sharing import builders as sharing

__all__ = ["PASSWORD", "account", "control", "cookie", "person", "post", "published", "rulebook", "topic"]


def cookie(user: User) -> str:
    """The cookie of a new sign-in of this person."""
    from app import db  # noqa: PLC0415

    token = sign_ins.start(user, "Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36")
    db.commit()
    signing = Flask(__name__)
    signing.secret_key = os.environ["SECRET_KEY"]
    serializer = SecureCookieSessionInterface().get_signing_serializer(signing)
    assert serializer is not None
    values: dict[str, Any] = {"_user_id": token, "_fresh": True, "_permanent": True}
    return str(serializer.dumps(values))


def rulebook(*readers: User) -> None:
    """The starter rules, read by these people."""
    from app import db  # noqa: PLC0415

    starter.load_if_empty()
    for one in readers:
        acknowledgements.acknowledge(one, read=editions.edition())
    db.commit()


def control(running: Running) -> sharing.Control:
    """The practice network from behind."""
    return sharing.Control(SimpleNamespace(url=running.practice_url, control_token=CONTROL_TOKEN))  # type: ignore[arg-type]


def published(running: Running, words: str) -> int:
    """How many posts with these words really exist at the practice network."""
    return sum(words in status["text"] for status in control(running).statuses())


def account(user: User, running: Running) -> None:
    """This person's account at the practice network, connected."""
    from app import db  # noqa: PLC0415

    sharing.account(user, control(running))
    db.commit()


def post(running: Running, **more: Any) -> Post:
    """A post with a link to the practice network's own page, approved and free to be shared."""
    from app import db  # noqa: PLC0415

    link = {"url": f"{running.practice_url}/?from=post", "title": "How cold seals behave", "description": "", "media_id": None}
    made = rows.post(rows.edda(), rows.ravi(), link=link, **more)
    db.commit()
    return made
