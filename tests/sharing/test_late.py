"""Late is not sent: it is left out, and its owner is asked once what to do."""

import uuid

import pytest
from flask import Flask
from sqlalchemy import update

from app.db import session, transaction
from app.editorial import posts
from app.editorial.models import Post
from app.errors import Missing, Refusal, Stale
from app.people.models import User
from app.sharing import deliveries, stopping, stops
from app.sharing.models import Delivery, Priority
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, look, plain_account, post, share
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("committed", "app")

QUESTION = "It would have been late, so it was left out. Send it now?"


def late(**facts: object) -> uuid.UUID:
    with transaction():
        emil = rows.emil()
        row = builders.delivery(share(emil, post(), plain_account(emil)))
        plain = {"latest_at": later(hours=-1), "due_at": later(hours=-3), "problem": "too_late", "priority": Priority.SPREAD.value}
        builders.force(row, "skipped", **{**plain, **facts})
        return row.id


def owner(one: uuid.UUID) -> User:
    return session.get_one(User, look(one).user_id)


def test_the_owner_sends_it_now() -> None:
    one = late()
    with transaction():
        deliveries.retry(owner(one), one)
    row = look(one)
    assert (row.state, row.problem, row.priority) == ("queued", None, Priority.WAITED_FOR)
    assert row.latest_at > later(hours=1)
    with pytest.raises(Stale), transaction():
        deliveries.retry(owner(one), one)


def test_the_owner_leaves_it() -> None:
    one = late()
    for _turn in range(2):
        with transaction():
            deliveries.leave(owner(one), one)
    row = look(one)
    assert (row.state, row.problem) == ("skipped", "left_by_owner")
    with transaction():
        deliveries.retry(owner(one), one)
    with pytest.raises(Stale), transaction():
        deliveries.leave(owner(one), one)


def test_somebody_elses_is_not_there() -> None:
    one = late()
    with transaction():
        sam = rows.person("Sam").id
    for act in (deliveries.retry, deliveries.leave):
        with pytest.raises(Missing), transaction():
            act(session.get_one(User, sam), one)


@pytest.mark.parametrize("facts", [{"share_until": later(minutes=-1)}, {"share_from": later(days=1)}])
def test_only_within_the_posts_window(facts: dict[str, object]) -> None:
    one = late()
    with transaction():
        session.execute(update(Post).values(share_from=later(days=-3)))
        session.execute(update(Post).values(facts))
    with pytest.raises(Refusal), transaction():
        deliveries.retry(owner(one), one)
    assert look(one).state == "skipped"


def test_not_when_the_post_was_withdrawn_or_the_account_is_out() -> None:
    one, other = late(), late()
    with transaction():
        posts.withdraw(session.get_one(Post, look(one).post_id), rows.ravi(), reason="Wrong.")
    with transaction():
        look(other)
        session.get_one(Delivery, other).account.state = "needs_reconnect"
    for each in (one, other):
        with pytest.raises(Refusal), transaction():
            deliveries.retry(owner(each), each)


def test_shared_again_in_the_meantime() -> None:
    """The index allows one live delivery; the sentence says why."""
    one = late()
    with transaction():
        row = session.get_one(Delivery, one)
        share(row.account.user, row.post, row.account)
    with pytest.raises(Refusal) as refused, transaction():
        deliveries.retry(owner(one), one)
    assert "in the meantime" in str(refused.value.message)
    assert look(one).state == "skipped"


def test_during_a_stop_it_waits_again() -> None:
    one = late()
    with transaction():
        stops.stop(rows.ravi(), scope="everything", reason="A break.")
    with transaction():
        deliveries.retry(owner(one), one)
    stopping.run()
    assert look(one).state == "held"


def test_the_question_on_the_owners_page(app: Flask) -> None:
    sent, left, over = late(), late(), late(problem="post_withdrawn")
    for one, path, still_asked in ((sent, "retry", False), (left, "leave", False)):
        client = browser(app, owner(one))
        assert QUESTION in client.get("/shares").text
        assert client.post(f"/deliveries/{one}/{path}").status_code == 303
        assert (QUESTION in client.get("/shares").text) is still_asked
    assert QUESTION not in browser(app, owner(over)).get("/shares").text
    assert browser(app, owner(over)).post(f"/deliveries/{sent}/leave").status_code == 404
