"""Doubts that nobody settles any more: whoever could tell has left. No row waits for them for ever, and no copy is forgotten."""

import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from app.clock import now
from app.db import session, transaction
from app.editorial import posts
from app.editorial.models import Post
from app.errors import Stale
from app.networks.base import Absent, Found, Published, Reconciled, Unknown
from app.people import deactivation
from app.people.models import User
from app.sharing import attempts, deliveries, doubts, leasing, outcomes, recall, reconciling, sweeping
from app.sharing.account_models import ConnectedAccount
from app.sharing.deliveries import Answer
from app.sharing.leasing import Leased
from app.sharing.models import Delivery
from app.sharing.pace import NEVER
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, look, plain_account, post, share
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("committed", "app")

PROFILE = "https://social.example/@emil"
THERE = Found("7", "https://social.example/@emil/7", now())


def in_doubt(*, left: bool = False, **facts: object) -> SimpleNamespace:
    """Emil's share of which nobody knows whether it has arrived; committed."""
    with transaction():
        emil = rows.emil()
        found = builders.delivery(share(emil, post(), plain_account(emil, url=PROFILE)))
        builders.force(found, "unconfirmed", **facts)
        emil.deactivated_at = now() if left else None
        return SimpleNamespace(id=found.id, user_id=emil.id, post_id=found.post_id, account_id=found.account_id)


def lock_out(row: SimpleNamespace) -> None:
    with transaction():
        (admin := rows.ada()).password_hash = "set"
        rows.ada().password_hash = "set"
        deactivation.deactivate(row.user_id, by=admin)


def let_in(row: SimpleNamespace) -> None:
    with transaction():
        deactivation.reactivate(row.user_id, by=rows.ada())


def ended(row: SimpleNamespace) -> tuple[str, str | None]:
    found = look(row.id)
    return found.state, found.problem


def leased(row: SimpleNamespace) -> Leased:
    with transaction():
        here = session.get_one(Delivery, row.id)
        here.lease, here.leased_until = uuid.uuid4(), later(minutes=1)
        return Leased(here.id, here.lease, here.state, here.due_at)


GIVEN_UP = ("failed", doubts.NEVER_KNOWN)


@pytest.mark.parametrize("facts", [{}, {"looks": 3}, {"looks": 31, "due_at": NEVER}])
def test_whoever_leaves_is_not_waited_for(facts: dict[str, Any]) -> None:
    """Their tokens are gone with them, so no look can be made either."""
    theirs, somebody_elses = in_doubt(**facts), in_doubt(looks=31, due_at=NEVER)
    lock_out(theirs)
    assert ended(theirs) == GIVEN_UP
    assert ended(somebody_elses)[0] == "unconfirmed"
    with transaction():
        story = [str(step.words) for step in attempts.story(session.get_one(Delivery, theirs.id))]
    assert story[-1] == "Given up: nobody could tell whether it is there."


def test_the_sweep_finds_what_was_parked_before() -> None:
    """Also what was on its way while its owner left; but not what can still be looked for, or is being looked for."""
    parked, on_its_way = in_doubt(left=True, looks=31, due_at=NEVER), in_doubt(left=True)
    young, held_now = in_doubt(left=True, looks=2), in_doubt(left=True, looks=3)
    with transaction():
        gone = session.get_one(ConnectedAccount, on_its_way.account_id)
        gone.state, gone.tokens = "disconnected", None
    leased(held_now)
    assert sweeping.sweep(now=now()) == 2
    assert [ended(one) for one in (parked, on_its_way)] == [GIVEN_UP] * 2
    assert [look(one.id).state for one in (young, held_now)] == ["unconfirmed"] * 2
    assert sweeping.sweep(now=now()) == 0


def test_an_owner_who_is_here_stays_asked() -> None:
    """Also when the account is gone: they can still look, and say so."""
    row = in_doubt(looks=31, due_at=NEVER)
    with transaction():
        account = session.get_one(ConnectedAccount, row.account_id)
        account.state, account.tokens = "disconnected", None
    assert sweeping.sweep(now=now()) == 0
    assert deliveries.asks_owner(look(row.id))


def test_while_somebody_is_let_in_again_nothing_is_given_up_behind_their_back() -> None:
    row = in_doubt(left=True, looks=3)
    with transaction():
        deactivation.locked(row.user_id).deactivated_at = None
        session.flush()
        swept = builders.in_a_moment(doubts.close_all)
    assert swept.result(timeout=30) == 0
    assert ended(row)[0] == "unconfirmed"


def test_whoever_is_back_is_asked_again() -> None:
    """And nothing is sent before they have answered; what they left or what was refused is not brought up again."""
    row = in_doubt(looks=31, due_at=NEVER)
    lock_out(row)
    with transaction(), pytest.raises(Stale):
        deliveries.retry(session.get_one(User, row.user_id), row.id)
    refused = in_doubt(left=True)
    with transaction():
        builders.force(session.get_one(Delivery, refused.id), "failed", problem="rejected")
    let_in(row)
    let_in(refused)
    found = look(row.id)
    assert (found.state, found.problem, deliveries.asks_owner(found)) == ("unconfirmed", None, True)
    assert found.due_at <= now()
    assert builders.notices(row.user_id)[-1] == "delivery_unconfirmed"
    assert ended(refused) == ("failed", "rejected")
    with transaction():
        assert str(attempts.story(session.get_one(Delivery, row.id))[-2].words) == "You are back: only you can tell whether it is there."
        deliveries.answer_unconfirmed(session.get_one(User, row.user_id), row.id, Answer.LEAVE)
    assert ended(row) == ("failed", "left_by_owner")


def test_a_look_that_comes_back_late_still_wins() -> None:
    row = in_doubt()
    one = leased(row)
    lock_out(row)
    assert ended(row)[0] == "unconfirmed"
    with transaction():
        session.get_one(Delivery, row.id).leased_until = later(seconds=-1)
    assert sweeping.sweep(now=now()) == 1
    reconciling.settle(one, THERE, now=now())
    found = look(row.id)
    assert (found.state, found.remote_id, found.problem) == ("published", "7", None)


@pytest.mark.parametrize("result", [Unknown("away"), Absent()])
def test_a_look_that_has_not_found_it_changes_nothing(result: Reconciled) -> None:
    """It saw nothing, or came too late to say so: nothing is queued for somebody who has left."""
    row = in_doubt()
    one = leased(row)
    lock_out(row)
    with transaction():
        session.get_one(Delivery, row.id).leased_until = later(seconds=-1)
    sweeping.sweep(now=now())
    reconciling.settle(one, result, now=now())
    assert ended(row) == GIVEN_UP


def test_found_after_its_owner_has_shared_it_once_more() -> None:
    """An account has one live delivery of a post: the new one stays, and the old row as it is."""
    row = in_doubt()
    with transaction():
        old = session.get_one(Delivery, row.id)
        builders.force(old, "failed", problem="left_by_owner")
        again = builders.delivery(share(session.get_one(User, row.user_id), session.get_one(Post, row.post_id), old.account)).id
    with transaction():
        outcomes.adopt(leasing.by_id(row.id), Published("7", "", now()), now=now())
    assert (ended(row), look(again).state) == (("failed", "left_by_owner"), "queued")


@pytest.mark.parametrize(("locale", "words"), [("en", "May be there; nobody could tell"), ("de", "Vielleicht da; niemand konnte es sagen")])
def test_a_recall_lists_it(app: Flask, locale: str, words: str) -> None:
    """As a copy that may be there, with the address of the account, and nothing that deletes it."""
    row, nameless = in_doubt(), in_doubt()
    with transaction():
        account = session.get_one(ConnectedAccount, nameless.account_id)
        account.url = ""
    for one in (row, nameless):
        lock_out(one)
        with transaction():
            here = session.get_one(Post, one.post_id)
            posts.withdraw(here, rows.ravi(), reason="A figure is wrong.")
        with transaction():
            here = session.get_one(Post, one.post_id)
            counted = recall.counts(here)
            assert (counted[recall.Where.NEVER_KNOWN], sum(counted.values())) == (1, 1)
            assert [shown.where for shown in recall.page(here, show="still")[0]] == ["never_known"]
            assert recall.page(here, show="gone")[0] == []
    ravi = browser(app, rows.person("Ravi", "reviewer", locale=locale))
    page = ravi.get(f"/posts/{row.post_id}/recall").text
    assert words in page
    assert f'href="{PROFILE}"' in page
    assert "recall/reminders" not in page
    assert "@emil@social.example" in ravi.get(f"/posts/{nameless.post_id}/recall").text
