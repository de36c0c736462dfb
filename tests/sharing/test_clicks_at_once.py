"""Clicks at the same moment, on real connections."""

import pytest

from app.db import session, transaction
from app.editorial.models import Post
from app.errors import Refusal
from app.people.models import User
from app.sharing import hand_shares, shares
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, HandShare, Share
from tests import rows
from tests.sharing import builders

pytestmark = pytest.mark.usefixtures("committed", "app")


def test_a_double_click() -> None:
    """Eight requests with one click: one share, one delivery, and all get the same answer."""
    with transaction():
        emil = rows.emil()
        ids = emil.id, builders.post().id, builders.plain_account(emil).id
    found = builders.at_once(8, lambda _: click(*ids, "the click"))
    assert len(set(found)) == 1
    assert (session.query(Share).count(), session.query(Delivery).count()) == (1, 1)


def test_two_tabs() -> None:
    """Different clicks on the same post and account: one of them wins, the other reads so."""
    with transaction():
        emil = rows.emil()
        ids = emil.id, builders.post().id, builders.plain_account(emil).id
    found = builders.at_once(4, lambda number: click(*ids, f"click {number}"))
    assert sum(one is not None for one in found) == 1
    assert session.query(Delivery).count() == 1


def test_colleagues_at_the_same_moment() -> None:
    """Four wordings, four colleagues at once: nobody says what another one says."""
    with transaction():
        on = builders.post("Two.", "Three.", "Four.").id
        people = [rows.person(f"Emil{number}") for number in range(4)]
        ids = [(one.id, on, builders.plain_account(one).id) for one in people]
    builders.at_once(4, lambda number: click(*ids[number], "c"))
    assert len({one.variant_id for one in session.query(Delivery)}) == 4


def test_a_double_click_by_hand() -> None:
    """Eight requests with one click: one text, and all get the same page."""
    with transaction():
        ids = rows.emil().id, builders.post().id
    found = builders.at_once(8, lambda _: by_hand(*ids))
    assert len(set(found)) == 1
    assert session.query(HandShare).count() == 1


def by_hand(user_id: object, post_id: object) -> object:
    with transaction():
        user, post = session.get_one(User, user_id), session.get_one(Post, post_id)
        return hand_shares.begin(user, post, network="x", language="en", click="the click").id


def click(user_id: object, post_id: object, account_id: object, click_id: str) -> object:
    try:
        with transaction():
            account = session.get_one(ConnectedAccount, account_id)
            user, post = session.get_one(User, user_id), session.get_one(Post, post_id)
            return shares.share(user, post, accounts=[account], click=click_id, language="en").id
    except Refusal:
        return None
