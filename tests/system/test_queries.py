"""No page asks the database more questions because there are more rows: each asks as many with a handful as with a crowd."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from app import demo
from app.db import session
from app.editorial.models import Post, Proposal
from app.people.models import Role, Topic, User
from tests.sharing import builders
from tests.signed_in import browser
from tests.system import crowd

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, scoped_session

    Database = scoped_session[Session]

# Who is signed in, and what waits for them, costs three; the rest is the page's own.
MOST = {
    "/": 6,
    "/write": 5,
    "/proposals": 5,
    "/proposals/{own}": 8,
    "/review": 6,
    "/review/{waiting}": 9,
    "/review/posts": 4,
    "/shares": 7,
    "/guidelines": 7,
    "/accounts": 6,
    "/notices": 4,
    "/me": 7,
    "/what-my-employer-sees": 3,
    "/admin/people": 7,
    "/admin/teams": 4,
    "/admin/topics": 4,
    "/admin/networks": 4,
    "/admin/audit": 5,
    "/admin/health": 8,
}
ABOUT_TRANSACTIONS = ("SAVEPOINT", "RELEASE", "ROLLBACK")


@contextmanager
def counted(engine: "Engine") -> Iterator[list[str]]:
    """Every question that is asked meanwhile."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if not statement.startswith(ABOUT_TRANSACTIONS):
            asked.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def places(db: "Database", app: Flask) -> dict[str, str]:
    """The demo company with somebody in it who may do everything, has an account and has shared; and the ids for the addresses."""
    demo.load()
    viewer = session.scalars(select(User).where(User.email == crowd.VIEWER)).one()
    viewer.roles = [role.value for role in Role]
    account = builders.plain_account(viewer)
    others = select(Post).join(Topic, Topic.id == Post.topic_id).where(Topic.name_en.in_(["Drinking water", "Learning a trade"]))
    for post in session.scalars(others):
        builders.share(viewer, post, account)
    own = select(Proposal.id).where(Proposal.author_id == viewer.id, Proposal.state == "submitted")
    waiting = select(Proposal.id).where(Proposal.author_id != viewer.id, Proposal.state == "submitted")
    found = {"own": session.scalars(own).first(), "waiting": session.scalars(waiting).first(), "viewer": viewer.id}
    session.commit()
    return {name: str(value) for name, value in found.items()}


def questions(engine: "Engine", client: FlaskClient, path: str) -> list[str]:
    """What a page asks when it is opened for the second time."""
    client.get(path)
    with counted(engine) as asked:
        assert client.get(path).status_code == 200, path
    return asked


def numbers(engine: "Engine", client: FlaskClient, places: dict[str, str]) -> dict[str, int]:
    return {path: len(questions(engine, client, path.format(**places))) for path in MOST}


def test_pages_ask_no_more_in_a_crowd_than_among_a_few(app: Flask, db: "Database", engine: "Engine", places: dict[str, str]) -> None:
    viewer = session.get_one(User, uuid.UUID(places["viewer"]))
    client = browser(app, viewer)
    few = numbers(engine, client, places)
    crowd.gather(db)
    many = numbers(engine, client, places)
    assert {path: (few[path], number) for path, number in many.items() if number > few[path]} == {}
    assert {path: (number, MOST[path]) for path, number in many.items() if number > MOST[path]} == {}


def test_the_count_notices_a_loop(db: "Database", engine: "Engine", places: dict[str, str]) -> None:
    """The measure itself: rows loaded in a loop are seen."""
    with counted(engine) as asked:
        for post in session.scalars(select(Post)):
            _ = post.author.name, post.topic.name_en
    assert len(asked) > 9
