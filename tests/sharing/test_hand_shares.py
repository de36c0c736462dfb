"""Sharing by hand: a text of one's own, a tracked link of one's own, and a word afterwards."""

from typing import Any

import pytest
from flask import Flask

from app.errors import Invalid, Missing, Refusal
from app.people.models import User
from app.sharing import hand_shares, short_links, switches
from app.sharing.switches import NAMES
from tests import rows
from tests.sharing.builders import TARGET, post
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def emil(db: Any) -> User:
    """An employee without accounts."""
    return rows.emil()


def begin(user: User, network: str = "linkedin", click: str = "click") -> Any:
    """Open a composer."""
    return hand_shares.begin(user, post(), network=network, language="en", click=click)


def test_the_text_is_composed_with_a_tracked_link_that_leads_to_the_page(db: Any, emil: User) -> None:
    made = begin(emil)
    db.flush()
    db.refresh(made)
    assert made.text == f"Full disclosure: I work at Our company.\n\n{rows.TEXT}\n\n{short_links.address(made.link.code)}"
    assert made.link.target == TARGET


def test_a_second_click_finds_the_first(db: Any, emil: User) -> None:
    one = post()
    first, second = (hand_shares.begin(emil, one, network="x", language="en", click="same") for _ in range(2))
    assert first.id == second.id


@pytest.mark.parametrize("network", sorted(NAMES.keys() - {"mastodon"}))
def test_every_network_has_a_composer(db: Any, emil: User, network: str) -> None:
    made = begin(emil, network)
    db.flush()
    found = hand_shares.composer(hand_shares.own(emil, made.id))
    assert found.url.startswith(("https://", "mailto:"))


def test_mastodon_asks_for_the_server(db: Any, emil: User) -> None:
    made = begin(emil, "mastodon")
    db.flush()
    assert hand_shares.composer(made, server="Social.Example").url.startswith("https://social.example/share?text=")
    for hostile in ("", "javascript:alert(1)", "a.example/evil?", "user@host"):
        with pytest.raises(Invalid):
            hand_shares.composer(made, server=hostile)


def test_an_unknown_network_is_refused(emil: User) -> None:
    with pytest.raises(Invalid):
        begin(emil, "myspace")


def test_a_withdrawn_post_is_refused(db: Any, emil: User) -> None:
    one = post()
    one.state = "withdrawn"
    with pytest.raises(Refusal):
        hand_shares.begin(emil, one, network="x", language="en", click="c")


def test_somebody_elses_is_not_there(db: Any, emil: User) -> None:
    made = begin(emil)
    db.flush()
    with pytest.raises(Missing):
        hand_shares.own(rows.emil(), made.id)


def test_confirming_keeps_the_first_moment_and_the_address(db: Any, emil: User) -> None:
    made = begin(emil)
    hand_shares.confirm(made, by=emil)
    first = made.confirmed_at
    hand_shares.confirm(made, by=emil, url="https://www.linkedin.com/feed/update/1")
    assert (made.confirmed_at, made.url) == (first, "https://www.linkedin.com/feed/update/1")


@pytest.mark.parametrize("url", ["http://plain.example/1", "javascript:alert(1)", "not an address", "https://[x", "https://" + "x" * 600])
def test_an_address_that_is_none_is_refused(emil: User, url: str) -> None:
    with pytest.raises(Invalid):
        hand_shares.confirm(begin(emil), by=emil, url=url)


def test_a_mistake_in_the_address_keeps_what_was_typed(app: Flask, db: Any, emil: User) -> None:
    made = begin(emil, "mastodon")
    db.commit()
    typed = {"url": "my profile, top post", "server": "mastodon.example"}
    answer = browser(app, emil).post(f"/hand-shares/{made.id}/confirmation", data=typed)
    assert answer.status_code == 422
    assert 'value="my profile, top post"' in answer.text
    assert "https://mastodon.example/share?" in answer.text


def test_a_way_that_an_admin_switched_off_is_not_offered(db: Any, emil: User) -> None:
    switches.turn("link:facebook", on=False, by=rows.ada().id)
    assert "facebook" not in hand_shares.offered()
    with pytest.raises(Invalid):
        begin(emil, "facebook")
