"""The demo company: whole, believable, loaded once, and never in production."""

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import regex
from sqlalchemy import func, select

from app import db as database
from app import demo
from app.demo import company, drawing
from app.editorial import content as contents
from app.editorial import wording
from app.editorial.media_models import Media
from app.editorial.models import Post, Proposal, Remark, Variant
from app.editorial.renditions import make
from app.guidelines import acknowledgements
from app.guidelines.models import Guideline
from app.notices.models import Notice
from app.people import sign_ins
from app.people.models import Team, Topic, User, followed_topics
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, Share

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, scoped_session

    Database = scoped_session[Session]

POMPOUS = regex.compile(
    r"\b(best|leading|unique|innovative|excited|thrilled|proud|beste[nrs]?|führend\w*|einzigartig\w*|innovativ\w*|stolz)\b|!",
    regex.IGNORECASE,
)


@pytest.fixture(scope="module")
def nordwerk(engine: "Engine") -> "Iterator[Database]":
    """The loaded company, for all tests of this file."""
    with engine.connect() as connection:
        outer = connection.begin()
        database.bind(bind=connection, join_transaction_mode="create_savepoint")
        assert demo.load() is True
        yield database.session
        database.bind(bind=engine, join_transaction_mode="conditional_savepoint")
        outer.rollback()


def person(key: str) -> User:
    found = sign_ins.person(company.email(key), company.PASSWORD)
    assert found is not None
    return found


def count(db: "Database", table: type) -> int:
    return db.scalar(select(func.count()).select_from(table)) or 0


def test_everybody_is_there(nordwerk: "Database") -> None:
    assert [count(nordwerk, table) for table in (User, Team, Topic, Guideline)] == [14, 5, 7, 24]
    assert {user.time_zone for user in nordwerk.scalars(select(User))} >= {"Europe/Berlin", "Asia/Kolkata", "America/Chicago"}
    assert Counter(nordwerk.scalars(select(User.locale))) == {"en": 7, "de": 7}


def test_content_stands_at_every_station(nordwerk: "Database") -> None:
    stations = Counter(nordwerk.scalars(select(Proposal.state)))
    assert stations == {"approved": 9, "submitted": 4, "draft": 2, "changes_requested": 1, "declined": 1, "withdrawn": 1}
    assert count(nordwerk, Post) == 9
    assert count(nordwerk, Variant) > 30
    assert count(nordwerk, Media) == 4


def test_the_queue_has_a_wish_and_the_reviewers_own(nordwerk: "Database") -> None:
    waiting = nordwerk.scalars(select(Proposal).where(Proposal.state == "submitted")).all()
    assert [one.wished_until is not None for one in waiting].count(True) == 1
    assert person("ravi").id in {one.author_id for one in waiting}


def test_what_came_back_cites_rules_and_suggests_a_wording(nordwerk: "Database") -> None:
    remarks = nordwerk.scalars(select(Remark).order_by(Remark.id)).all()
    codes = [one.guideline.code if one.guideline else "" for one in remarks]
    assert codes == ["G-11 v1", "G-10 v1", ""]
    assert [bool(one.replacement) for one in remarks] == [True, False, False]
    assert all(one.review_id for one in remarks)


def test_emil_comes_for_the_first_time_and_the_others_have_settled_in(nordwerk: "Database") -> None:
    emil, edda = person("emil"), person("edda")
    assert (emil.welcomed_at, emil.locale, emil.roles) == (None, "de", [])
    assert edda.welcomed_at is not None
    assert acknowledgements.pending(emil) is not None
    assert acknowledgements.pending(edda) is None
    followers = set(nordwerk.scalars(select(followed_topics.c.user_id)))
    assert emil.id not in followers
    assert edda.id in followers


def test_everybody_begins_with_the_few_notices_that_matter(nordwerk: "Database") -> None:
    notices = nordwerk.scalars(select(Notice).where(Notice.read_at.is_(None))).all()
    waiting = {f"/review/{one}" for one in nordwerk.scalars(select(Proposal.id).where(Proposal.state == "submitted"))}
    assert {one.url for one in notices if one.kind == "review_wanted"} == waiting
    assert {one.kind for one in notices} == {"review_wanted", "changes_requested", "proposal_declined"}
    assert max(Counter(one.user_id for one in notices).values()) <= len(waiting)


def test_nobody_has_shared_anything(nordwerk: "Database") -> None:
    assert [count(nordwerk, table) for table in (ConnectedAccount, Share, Delivery)] == [0, 0, 0]


def test_a_second_time_changes_nothing(nordwerk: "Database") -> None:
    before = [count(nordwerk, table) for table in (User, Proposal, Post, Media)]
    assert demo.load() is False
    assert [count(nordwerk, table) for table in (User, Proposal, Post, Media)] == before


def overflow(text: str, language: str, network: str) -> int:
    """How much too long a wording is on a network, with disclosure and link."""
    alone = {**contents.blank(language), "texts": contents.per_language({language: text}), "link": {"url": "https://example.com/"}}
    link = "http://localhost:8000/s/abcdefghij"
    return wording.shown(contents.of(alone), language, network, company="Nordwerk", link=link).count.over


def test_every_wording_fits_mastodon_and_keeps_to_the_rules(nordwerk: "Database") -> None:
    rows = nordwerk.execute(select(Variant.language, Variant.network, Variant.text)).all()
    assert [(row.text, over) for row in rows if (over := overflow(row.text, row.language, row.network or "mastodon"))] == []
    assert [row.text for row in rows if POMPOUS.search(row.text)] == []


def test_every_post_speaks_both_languages_and_says_why(nordwerk: "Database") -> None:
    for post in nordwerk.scalars(select(Post)):
        said = contents.of(post.content)
        assert all([*said["texts"].values(), *said["why"].values()])
        assert all(text for picture in said["pictures"] for text in picture["alt"].values())


@pytest.mark.parametrize("name", sorted(drawing.DRAWINGS))
def test_pictures_are_pictures(name: str) -> None:
    made = make(drawing.DRAWINGS[name]())
    assert (made.full.width, made.full.height) == (1600, 900)
    assert made.full.mime == "image/jpeg"


def test_the_cast_is_printed_with_its_password() -> None:
    printed = demo.people_to_print()
    assert all(f"{name}@nordwerk.example" in printed for name in ("edda", "ravi", "emil", "ada"))
    assert company.PASSWORD in printed
