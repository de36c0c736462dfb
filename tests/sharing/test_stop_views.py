"""The page that stops sharing, and what owners read: for reviewers and admins alone, with one button and a reason."""

import uuid
from datetime import timedelta
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.db import session, transaction
from app.people.models import User
from app.sharing import stop_board, stopping, stops
from app.sharing.models import Delivery, Priority
from app.sharing.stop_models import Stop
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, look, plain_account, post, share
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("committed")


def delivery(**facts: object) -> SimpleNamespace:
    """Emil has shared something; committed. Returns its ids."""
    with transaction():
        emil = rows.emil()
        found = builders.delivery(share(emil, post(), plain_account(emil)))
        for name, value in {"due_at": later(minutes=-1), **facts}.items():
            setattr(found, name, value)
        ids = {name: getattr(found, name) for name in ("id", "post_id", "share_id", "account_id", "user_id")}
        return SimpleNamespace(**ids, topic_id=found.post.topic_id)


def owner(app: Flask, row: SimpleNamespace) -> FlaskClient:
    return browser(app, session.get_one(User, row.user_id))


def press(client: FlaskClient, what: str = "everything", reason: str = "The figures are wrong.") -> int:
    return client.post("/stops", data={"what": what, "reason": reason}).status_code


def active() -> list[Stop]:
    session.remove()
    return list(session.scalars(select(Stop).where(Stop.ended_at.is_(None)).order_by(Stop.id)))


def test_reviewers_and_admins_stop_and_let_go(app: Flask) -> None:
    row = delivery()
    for who in (rows.ravi(), rows.ada()):
        client = browser(app, who)
        assert press(client) == 303
        stopping.run()
        assert look(row.id).state == "held"
        page = client.get("/stops").text
        assert "1 share waits" in page
        assert "1 share goes on, spread over about 1 minute." in page
        assert who.name in page
        [stop] = active()
        assert client.post(f"/stops/{stop.id}/end").status_code == 303
        stopping.run()
        assert (active(), look(row.id).state) == ([], "queued")
        assert "The figures are wrong." in client.get("/stops").text
        with transaction():
            session.get_one(Delivery, row.id).due_at = now() - timedelta(minutes=1)


@pytest.mark.parametrize("who", [rows.emil, rows.edda])
def test_nobody_else_may(app: Flask, who: object) -> None:
    with transaction():
        stop_id = stops.stop(rows.ravi(), scope="everything", reason="Stop.").id
    client = browser(app, who())  # type: ignore[operator]
    assert client.get("/stops").status_code == 403
    assert press(client) == 403
    assert client.post(f"/stops/{stop_id}/end").status_code == 403
    assert len(active()) == 1


def test_the_menu_says_where_one_is(app: Flask) -> None:
    """The page belongs to the review for reviewers, to the admin's pages for an admin."""
    for who, part in ((rows.ravi(), "/review"), (rows.ada(), "/admin")):
        page = browser(app, who).get("/stops").text
        assert f'<a href="{part}" aria-current="page"' in page


def test_what_is_not_there_cannot_be_stopped(app: Flask) -> None:
    ada = browser(app, rows.ada())
    for what in (f"post:{uuid.uuid4()}", f"topic:{uuid.uuid4()}", "network:myspace", "topic:", "post:none"):
        assert press(ada, what) == 404, what
    assert press(ada, "nonsense") == 422
    assert press(ada, "") == 422
    assert ada.post(f"/stops/{uuid.uuid4()}/end").status_code == 404
    assert ada.get("/stops?before=nonsense").status_code == 404
    assert ada.get("/stops?what=post:nonsense").status_code == 200
    assert active() == []


def test_without_a_reason_the_page_comes_back_with_the_choice(app: Flask) -> None:
    ada, row = browser(app, rows.ada()), delivery()
    answer = ada.post("/stops", data={"what": f"post:{row.post_id}", "reason": "  "})
    assert answer.status_code == 422
    assert f'value="post:{row.post_id}" selected' in answer.text
    assert "those whose shares wait will read it" in answer.text
    assert press(ada, reason="x" * 301) == 422
    assert active() == []


def test_pressing_twice_is_one_stop(app: Flask) -> None:
    ada = browser(app, rows.ada())
    assert [press(ada), press(ada)] == [303, 303]
    [stop] = active()
    assert [ada.post(f"/stops/{stop.id}/end").status_code for _ in range(2)] == [303, 303]


def test_the_owner_reads_why_it_waits_and_whom_to_ask(app: Flask) -> None:
    """From the commit of the stop on, before a worker has held the row; and at the place of the share button."""
    row = delivery()
    emil = owner(app, row)
    press(browser(app, rows.ravi()), f"topic:{row.topic_id}", "We wait for the <lawyers>.")
    for _turn in ("queued", "held"):
        page = emil.get("/shares").text
        assert "Ravi has stopped the posts on this topic for now: We wait for the &lt;lawyers&gt;." in page
        assert "Ask Ravi." in page
        assert "Cancel" in page
        assert "Ask Ravi." in emil.get(f"/shares/{row.share_id}/progress").text
        stopping.run()
    assert look(row.id).state == "held"
    assert emil.post(f"/deliveries/{row.id}/cancel").status_code == 303
    assert look(row.id).state == "cancelled"


def test_a_click_during_a_stop_is_kept_and_does_not_leave(app: Flask) -> None:
    row = delivery()
    emil = owner(app, row)
    press(browser(app, rows.ravi()), reason="A slip in the numbers.")
    home = emil.get("/").text
    assert "Sharing takes a break" in home
    assert "A slip in the numbers." in home
    with transaction():
        one = post().id
    clicked = emil.post(f"/posts/{one}/shares", data={"account": str(row.account_id), "click": "once", "language": "en"})
    assert clicked.status_code == 303
    stopping.run()
    session.remove()
    assert session.scalars(select(Delivery.state).where(Delivery.post_id == one)).all() == ["held"]


def test_what_the_end_would_do(app: Flask) -> None:
    """In time, too late, planned for later, and what another stop holds as well."""
    delivery()
    delivery(latest_at=later(minutes=-1))
    delivery(due_at=later(days=1), latest_at=later(days=2))
    both = delivery()
    ravi = browser(app, rows.ravi())
    press(ravi)
    press(ravi, f"post:{both.post_id}")
    stopping.run()
    session.remove()
    lines = {line.stop.scope: line for line in stop_board.lines("en")}
    every, one = lines["everything"], lines["post"]
    assert (every.held, every.go_on, every.spread, every.late, every.stay, every.minutes) == (4, 2, 1, 1, 1, 1)
    assert (one.held, one.go_on, one.late, one.stay) == (1, 0, 0, 1)
    page = ravi.get("/stops").text
    assert "2 shares go on, spread over about 1 minute; what is planned for later keeps its time." in " ".join(page.split())
    assert "1 is too late and is left out; its owner is asked." in page
    assert "1 stays held by another stop." in page


def test_what_was_left_to_us_is_foretold_apart(app: Flask) -> None:
    delivery(priority=Priority.SPREAD.value)
    ravi = browser(app, rows.ravi())
    press(ravi)
    end = "; 1 left to us keeps apart from colleagues with the same post, or its owner is asked."
    assert f"1 share goes on{end}" in " ".join(ravi.get("/stops").text.split())
    delivery()
    assert f"2 shares go on, spread over about 1 minute{end}" in " ".join(ravi.get("/stops").text.split())


def test_the_page_asks_the_same_number_of_questions_however_much_waits(app: Flask) -> None:
    ravi = browser(app, rows.ravi())
    counts = []
    for scope in ("everything", "network:mastodon", f"post:{delivery().post_id}", f"topic:{delivery().topic_id}"):
        press(ravi, scope)
        delivery()
        with builders.statements() as said:
            assert ravi.get("/stops").status_code == 200
        counts.append(len(said))
    assert max(counts) - counts[0] <= 2  # the words of topics and of posts are fetched when there is one
    assert max(counts) < 14


def test_history_is_paged(app: Flask) -> None:
    with transaction():
        ravi = rows.ravi()
        for number in range(stop_board.PAGE + 2):
            stops.resume(ravi, stops.stop(ravi, scope="everything", reason=f"Reason {number:02}.").id)
    client = browser(app, rows.ravi())
    first = client.get("/stops").text
    assert "Reason 21." in first
    assert "Reason 01." not in first
    older = first.split('rel="next" href="')[1].split('"')[0]
    assert "Reason 01." in client.get(older).text


def test_one_post_is_stopped_from_the_list_of_live_posts(app: Flask) -> None:
    row, ravi = delivery(), browser(app, rows.ravi())
    assert f"/stops?what=post:{row.post_id}" in ravi.get("/review/posts").text
    assert f'value="post:{row.post_id}" selected' in ravi.get(f"/stops?what=post:{row.post_id}").text
    press(ravi, f"post:{row.post_id}")
    assert "Stopped" in ravi.get("/review/posts").text
