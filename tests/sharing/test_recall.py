"""Recall: every copy of a withdrawn post, what is known of it, and the owners who alone can delete it."""

import uuid
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from app.audit.models import Event
from app.clock import now
from app.db import session, transaction
from app.editorial import posts
from app.editorial.models import Post
from app.errors import Missing, Refusal, Stale
from app.people.models import User
from app.sharing import dispatching, hand_shares, recall
from app.sharing.models import Delivery, HandShare
from app.sharing.recall import Where
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, plain_account, post, share
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("committed", "app")

COPIES: dict[str, tuple[Where, dict[str, object], dict[str, object]]] = {
    "Lena": (Where.THERE, {"state": "published", "remote_url": "https://social.example/@lena/1"}, {}),
    "Kim": (Where.THERE, {"state": "published", "problem": "kept_by_owner"}, {}),
    "Omar": (Where.ASKED, {"state": "published", "removal_asked_at": now()}, {}),
    "Rosa": (Where.REFUSED, {"state": "published", "problem": "forbidden"}, {}),
    "Tim": (Where.ACCOUNT_GONE, {"state": "published"}, {"state": "needs_reconnect"}),
    "Uwe": (Where.UNKNOWN, {"state": "unconfirmed"}, {}),
    "Xenia": (Where.NEVER_KNOWN, {"state": "failed", "problem": "never_known", "sent_at": now()}, {}),
    "Vera": (Where.GONE, {"state": "removed", "removed_at": later(days=1)}, {}),
    "Wim": (Where.SAID, {"state": "removed", "removed_at": later(days=1), "problem": "deleted_by_owner"}, {}),
}
NO_COPIES: dict[str, dict[str, object]] = {
    "Early": {"state": "removed", "removed_at": later(minutes=-5)},
    "Failed": {"state": "failed"},
    "Cancelled": {"state": "cancelled"},
}


def withdrawn() -> SimpleNamespace:
    """A post that many had shared, in every way, and that Ravi has withdrawn; committed."""
    with transaction():
        one, ids = post(), {}
        everyone = {name: (facts, account) for name, (_where, facts, account) in COPIES.items()}
        for name, (facts, account) in {**everyone, **{name: (facts, {}) for name, facts in NO_COPIES.items()}}.items():
            person = rows.person(name)
            row = builders.delivery(share(person, one, plain_account(person)))
            builders.force(row, **facts)  # type: ignore[arg-type]
            for key, value in account.items():
                setattr(row.account, key, value)
            ids[name] = SimpleNamespace(id=row.id, user_id=person.id)
        for name, confirmed in (("Hanna", True), ("Nobody", False)):
            person = rows.person(name)
            hand = hand_shares.begin(person, one, network="linkedin", language="en", click="one")
            if confirmed:
                hand_shares.confirm(hand, by=person, url="https://www.linkedin.com/posts/hanna-1")
            ids[name] = SimpleNamespace(id=hand.id, user_id=person.id)
        posts.withdraw(one, rows.ravi(), reason="A figure is wrong.")
        return SimpleNamespace(id=one.id, **ids)


def the_post(facts: SimpleNamespace) -> Post:
    session.remove()
    return session.get_one(Post, facts.id)


def owner(one: SimpleNamespace) -> User:
    return session.get_one(User, one.user_id)


def shown(facts: SimpleNamespace) -> dict[str, str]:
    found, _older = recall.page(the_post(facts))
    return {row.owner: row.where for row in found}


def test_every_copy_and_what_is_known_of_it() -> None:
    """And nobody who has none: neither what did not go out nor what was gone before."""
    facts = withdrawn()
    assert shown(facts) == {**{name: where.value for name, (where, *_) in COPIES.items()}, "Hanna": "there"}
    counted = recall.counts(the_post(facts))
    assert {where: count for where, count in counted.items() if count != 1} == {Where.THERE: 3}


def test_pages_and_filters() -> None:
    facts = withdrawn()
    one = the_post(facts)
    still, _older = recall.page(one, show="still")
    gone, _older = recall.page(one, show="gone")
    assert (len(still), {row.owner for row in gone}) == (8, {"Vera", "Wim"})
    with builders.statements() as said:
        recall.page(one)
    assert len(said) == 1
    every = [row.id for row in recall.page(one)[0]]
    after = [row.id for row in recall.page(one, before=every[3])[0]]
    assert after == every[4:]


def test_owners_are_reminded_once_a_day() -> None:
    """Those who can do something about it, in the app and by mail; the link leads to their copy."""
    facts = withdrawn()
    with transaction():
        assert recall.remind(rows.ravi(), facts.id) == 5
    told = {
        name for name in (*COPIES, *NO_COPIES, "Hanna", "Nobody") if "copy_still_there" in builders.notices(getattr(facts, name).user_id)
    }
    assert told == {"Lena", "Kim", "Rosa", "Tim", "Hanna"}
    with pytest.raises(Refusal), transaction():
        recall.remind(rows.ada(), facts.id, now=later(hours=23))
    with transaction():
        assert recall.remind(rows.ada(), facts.id, now=later(hours=25)) == 5


def test_two_reminders_at_once_are_one() -> None:
    facts = withdrawn()
    with transaction():
        ravi = rows.ravi().id

    def press(_number: int) -> int:
        try:
            with transaction():
                return recall.remind(session.get_one(User, ravi), facts.id)
        except Refusal:
            return 0

    assert sorted(builders.at_once(3, press)) == [0, 0, 5]  # type: ignore[type-var]


def test_nothing_to_remind_of() -> None:
    with transaction():
        live, empty = post().id, post()
        posts.withdraw(empty, rows.ravi(), reason="Too early.")
        nobody = empty.id
    for one, refused in ((live, Refusal), (nobody, Refusal), (uuid.uuid4(), Missing)):
        with pytest.raises(refused), transaction():
            recall.remind(rows.ravi(), one)


def test_an_owner_keeps_their_copy() -> None:
    facts = withdrawn()
    with transaction():
        assert recall.asks(session.get_one(Delivery, facts.Lena.id))
        recall.keep(owner(facts.Lena), facts.Lena.id)
        recall.keep(owner(facts.Lena), facts.Lena.id)
    row = look(facts.Lena.id)
    with transaction():
        assert not recall.asks(session.get_one(Delivery, row.id))
        assert session.scalar(select(func.count()).where(Event.verb == "kept")) == 1
    assert shown(facts)["Lena"] == "there"


def test_an_owner_says_that_it_is_gone_where_we_cannot_delete() -> None:
    facts = withdrawn()
    for _turn in range(2):
        with transaction():
            recall.deleted_there(owner(facts.Tim), facts.Tim.id)
    with transaction():
        hand_shares.deleted(owner(facts.Hanna), facts.Hanna.id)
        hand_shares.deleted(owner(facts.Hanna), facts.Hanna.id)
    assert look(facts.Tim.id).state == "removed"
    found = shown(facts)
    assert (found["Tim"], found["Hanna"]) == ("said", "said")


def test_nobody_answers_for_somebody_else_or_too_early() -> None:
    facts = withdrawn()
    with transaction():
        emil = rows.emil()
        live = builders.delivery(share(emil, post(), plain_account(emil)))
        builders.force(live, "published")
        one, emil_id = live.id, emil.id
    act: Callable[..., object]
    for act in (recall.keep, recall.deleted_there, hand_shares.deleted):
        with pytest.raises(Missing), transaction():
            act(session.get_one(User, emil_id), facts.Lena.id if act is not hand_shares.deleted else facts.Hanna.id)
    for act in (recall.keep, recall.deleted_there):
        with pytest.raises(Stale), transaction():
            act(session.get_one(User, emil_id), one)
    with pytest.raises(Refusal), transaction():
        hand_shares.deleted(owner(facts.Nobody), facts.Nobody.id)
    with transaction():
        assert session.get_one(HandShare, facts.Nobody.id).removed_at is None


def page(client: FlaskClient, facts: SimpleNamespace, **query: str) -> str:
    return " ".join(client.get(f"/posts/{facts.id}/recall", query_string=query).text.split())


def test_the_page_shows_what_a_recall_needs(app: Flask) -> None:
    facts = withdrawn()
    for who in (rows.ravi(), rows.ada()):
        shown_to_them = page(browser(app, who), facts)
        assert "https://social.example/@lena/1" in shown_to_them
        assert "Gone, verified" in shown_to_them
        assert "Only they can delete it." in shown_to_them
        assert "keep" not in shown_to_them
        assert "Early" not in shown_to_them
    ravi = browser(app, rows.ravi())
    assert ravi.post(f"/posts/{facts.id}/recall/reminders").status_code == 303
    again = page(ravi, facts)
    assert "5 people were reminded." in again
    assert "You can remind them again a day after the last time." in again
    assert ravi.post(f"/posts/{facts.id}/recall/reminders").status_code == 409
    assert "Lena" not in page(ravi, facts, show="gone")
    assert f"/posts/{facts.id}/recall" in ravi.get("/review/posts").text


def test_the_page_is_for_reviewers_and_admins(app: Flask) -> None:
    facts = withdrawn()
    for who in (rows.emil(), rows.edda()):
        client = browser(app, who)
        assert client.get(f"/posts/{facts.id}/recall").status_code == 403
        assert client.post(f"/posts/{facts.id}/recall/reminders").status_code == 403
    ravi = browser(app, rows.ravi())
    assert ravi.get(f"/posts/{uuid.uuid4()}/recall").status_code == 404
    assert ravi.get(f"/posts/{facts.id}/recall?before=nonsense").status_code == 404


def test_the_menu_says_where_one_is(app: Flask) -> None:
    """The page belongs to the list of posts for reviewers, to the admin's pages for an admin."""
    facts = withdrawn()
    for who, part in ((rows.ravi(), "/review"), (rows.ada(), "/admin")):
        assert f'<a href="{part}" aria-current="page"' in browser(app, who).get(f"/posts/{facts.id}/recall").text


def test_a_post_that_is_live_is_not_recalled(app: Flask) -> None:
    with transaction():
        one = post().id
    assert "This post can still be shared" in browser(app, rows.ravi()).get(f"/posts/{one}/recall").text


def test_an_owner_deletes_with_one_click(app: Flask, control: Control) -> None:
    """From the notice to the question to the network: gone there, verified, and the list says so."""
    with transaction():
        emil, one = rows.emil(), post()
        made = share(emil, one, builders.account(emil, control))
        facts = SimpleNamespace(id=one.id)
        ids = [row.id for row in made.deliveries]
    dispatching.run()
    assert len(control.statuses()) == 1
    with transaction():
        posts.withdraw(session.get_one(Post, facts.id), rows.ravi(), reason="A figure is wrong.")
    client = browser(app, session.get_one(User, look(ids[0]).user_id))
    asked = client.get(f"/shares?post={facts.id}").text
    assert "The post was withdrawn. Delete your copy?" in asked
    answer = client.post(f"/deliveries/{ids[0]}/take-back")
    assert answer.headers["Location"].startswith(f"/shares?post={facts.id}")
    assert shown(facts) == {"Emil": "asked"}
    dispatching.run()
    assert control.statuses() == []
    assert shown(facts) == {"Emil": "gone"}


def test_the_question_on_the_owners_page(app: Flask) -> None:
    facts = withdrawn()
    question = "The post was withdrawn. Delete your copy?"
    for name, answer in (
        ("Lena", "Delete my copy"),
        ("Tim", "I have deleted it"),
        ("Rosa", "I have deleted it"),
        ("Hanna", "I have deleted it"),
    ):
        shares = browser(app, owner(getattr(facts, name))).get(f"/shares?post={facts.id}").text
        assert question in shares, name
        assert answer in shares, name
    for name in ("Kim", "Omar", "Vera", "Nobody"):
        assert question not in browser(app, owner(getattr(facts, name))).get("/shares").text, name
    lena = browser(app, owner(facts.Lena))
    assert lena.post(f"/deliveries/{facts.Lena.id}/keep").status_code == 303
    assert question not in lena.get("/shares").text
    hanna = browser(app, owner(facts.Hanna))
    assert hanna.post(f"/hand-shares/{facts.Hanna.id}/deletion").status_code == 303
    assert "You said that you deleted it" in hanna.get("/shares").text
    assert lena.post(f"/hand-shares/{facts.Hanna.id}/deletion").status_code == 404
    assert lena.post(f"/deliveries/{facts.Tim.id}/deleted").status_code == 404


def test_only_ones_own_of_that_post(app: Flask) -> None:
    facts = withdrawn()
    stranger = browser(app, rows.emil())
    assert "Cold seals" not in stranger.get(f"/shares?post={facts.id}").text
    assert stranger.get("/shares?post=nonsense").status_code == 404
