"""The pages of sharing, without script: the click, the undo, one's own words, the time line."""

import uuid
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.people.models import User
from app.sharing.models import Delivery, HandShare, PutAside, Share
from tests import rows
from tests.sharing.builders import plain_account, post
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
def emil(db: Any) -> User:
    """An employee."""
    return rows.emil()


def click(account: Any, **more: str) -> dict[str, str]:
    """What the big button sends."""
    return {"click": uuid.uuid4().hex, "language": "en", "account": str(account.id)} | more


def test_one_click_queues_one_delivery_and_a_double_click_no_second(app: Flask, db: Any, emil: User) -> None:
    one, account = post(), plain_account(emil)
    client, form = browser(app, emil), click(account)
    for _ in range(2):
        answer = client.post(f"/posts/{one.id}/shares", data=form)
        assert answer.status_code == 303
    assert [row.state for row in db.scalars(select(Delivery))] == ["queued"]
    assert answer.headers["Location"] == f"/shares#share-{db.scalars(select(Share.id)).one()}"


def test_with_htmx_the_button_becomes_the_undo(app: Flask, db: Any, emil: User) -> None:
    one, account = post(), plain_account(emil)
    client = browser(app, emil)
    piece = client.post(f"/posts/{one.id}/shares", data=click(account), headers={"HX-Request": "true"}).text
    share = db.scalars(select(Share)).one()
    assert f"/shares/{share.id}/undo" in piece
    assert "<html" not in piece
    undone = client.post(f"/shares/{share.id}/undo", headers={"HX-Request": "true"}).text
    assert f"/posts/{one.id}/shares" in undone
    assert db.scalars(select(Delivery.state)).all() == ["cancelled"]


def test_nobody_shares_from_a_colleagues_account(app: Flask, db: Any, emil: User) -> None:
    one, foreign = post(), plain_account(rows.emil())
    assert browser(app, emil).post(f"/posts/{one.id}/shares", data=click(foreign)).status_code == 404
    assert db.scalars(select(Share)).all() == []


@pytest.mark.parametrize("what", ["undo", "progress"])
def test_a_colleagues_share_is_not_there(app: Flask, db: Any, emil: User, what: str) -> None:
    colleague = rows.emil()
    one, account = post(), plain_account(colleague)
    browser(app, colleague).post(f"/posts/{one.id}/shares", data=click(account))
    share = db.scalars(select(Share)).one()
    client = browser(app, emil)
    ask = client.get if what == "progress" else client.post
    assert ask(f"/shares/{share.id}/{what}").status_code == 404
    assert db.scalars(select(Delivery.state)).all() == ["queued"]


@pytest.mark.parametrize("what", ["cancel", "retry", "take-back", "answer"])
def test_a_colleagues_delivery_is_not_there(app: Flask, db: Any, emil: User, what: str) -> None:
    colleague = rows.emil()
    one, account = post(), plain_account(colleague)
    browser(app, colleague).post(f"/posts/{one.id}/shares", data=click(account))
    delivery = db.scalars(select(Delivery.id)).one()
    assert browser(app, emil).post(f"/deliveries/{delivery}/{what}", data={"answer": "leave"}).status_code == 404


def test_the_time_line_asks_again_while_something_moves(app: Flask, db: Any, emil: User) -> None:
    one, account = post(), plain_account(emil)
    client = browser(app, emil)
    client.post(f"/posts/{one.id}/shares", data=click(account))
    delivery = db.scalars(select(Delivery)).one()
    again = f'hx-get="/deliveries/{delivery.id}"'
    assert again in client.get("/shares").text
    assert again in client.get(f"/deliveries/{delivery.id}").text
    client.post(f"/deliveries/{delivery.id}/cancel")
    assert again not in client.get(f"/deliveries/{delivery.id}").text
    assert browser(app, rows.emil()).get(f"/deliveries/{delivery.id}").status_code == 404


def test_own_words_that_are_too_long_come_back_whole(app: Flask, db: Any, emil: User) -> None:
    one, account = post(), plain_account(emil)
    words = "So many words. " * 60
    answer = browser(app, emil).post(f"/posts/{one.id}/shares", data=click(account, compose="1", words=words))
    assert answer.status_code == 422
    assert words.strip() in answer.text
    assert "characters too long for Mastodon" in answer.text
    assert db.scalars(select(Share)).all() == []


def test_while_typing_the_count_stands_beside_the_text(app: Flask, db: Any, emil: User) -> None:
    one, account = post(link=False), plain_account(emil)
    client = browser(app, emil)
    page = client.get(f"/posts/{one.id}/words").text
    assert page.index('id="words"') < page.index('id="counts"') < page.index('id="accounts"')
    assert (page.count('id="counts"'), "hx-swap-oob" in page) == (1, False)
    typed = ("I saw it.", "So many. " * 90)
    fits, too_long = (client.post(f"/posts/{one.id}/preview", data=click(account, language="en", words=words)).text for words in typed)
    assert all('id="counts" hx-swap-oob="true"' in piece for piece in (fits, too_long))
    counted = len(f"I work at Our company.\n\nI saw it.\n\n{rows.TEXT}")
    assert f"Mastodon <span>{counted} / 500</span>" in fits
    assert "characters too long for Mastodon" in too_long[too_long.index('id="counts"') :]


def test_own_words_stand_between_disclosure_and_text(app: Flask, db: Any, emil: User) -> None:
    one, account = post(link=False), plain_account(emil)
    browser(app, emil).post(f"/posts/{one.id}/shares", data=click(account, compose="1", words="I was there."))
    assert db.scalars(select(Delivery.text)).all() == [f"I work at Our company.\n\nI was there.\n\n{rows.TEXT}"]


@pytest.mark.parametrize("typed", ["yesterday", "0001-01-01 00:00+14:00"])
def test_a_time_is_the_persons_own_and_a_wrong_one_gets_a_sentence(app: Flask, db: Any, emil: User, typed: str) -> None:
    one, account = post(), plain_account(emil)
    answer = browser(app, emil).post(f"/posts/{one.id}/shares", data=click(account, compose="1", at=typed))
    assert answer.status_code == 422
    assert "Choose a day and a time" in answer.text


def test_what_is_planned_says_its_day_and_time_in_words(app: Flask, db: Any, emil: User) -> None:
    """Not only for a mouse that rests on it: phones have none."""
    one, account = post(), plain_account(emil)
    chosen = (now() + timedelta(days=2)).astimezone(ZoneInfo(emil.time_zone)).replace(hour=10, minute=30)
    client = browser(app, emil)
    client.post(f"/posts/{one.id}/shares", data=click(account, compose="1", when="at", at=chosen.strftime("%Y-%m-%dT%H:%M")))
    delivery = db.scalars(select(Delivery)).one()
    for path in ("/shares", f"/deliveries/{delivery.id}"):
        page = client.get(path).text.replace("\u202f", " ")
        assert f'<p class="soft small">{chosen:%A, %B} {chosen.day}, {chosen.year}, 10:30 AM<br>' in page


@pytest.mark.parametrize(("late", "hours"), [("half_hour", 0.5), ("usual", 2), ("", 2), ("day", 24)])
@pytest.mark.parametrize("left_to_us", [False, True])
def test_how_late_it_may_be_is_the_persons_word(app: Flask, db: Any, emil: User, late: str, hours: float, left_to_us: bool) -> None:
    one, account = post(), plain_account(emil)
    client, chosen = browser(app, emil), now() + timedelta(days=1)
    when = {"when": "ours"} if left_to_us else {"when": "at", "at": chosen.isoformat()}
    client.post(f"/posts/{one.id}/shares", data=click(account, compose="1", late=late, **when))
    row = db.scalars(select(Delivery)).one()
    assert (row.latest_at - row.due_at) == timedelta(hours=hours)
    last = row.latest_at.astimezone(ZoneInfo(emil.time_zone))
    page = client.get("/shares").text.replace("\u202f", " ")
    assert "At the latest: " in page
    assert f"{last:%I:%M %p}. After that you are asked.".lstrip("0") in page
    assert (f"{last:%A, %B} {last.day}, {last.year}, " in page) or hours < 24


def test_until_when_in_german(app: Flask, db: Any) -> None:
    emil = rows.person("Emil", locale="de")
    one, account = post(), plain_account(emil)
    noon = (now() + timedelta(days=2)).astimezone(ZoneInfo(emil.time_zone)).replace(hour=12, minute=0)
    client = browser(app, emil)
    client.post(f"/posts/{one.id}/shares", data=click(account, when="at", at=noon.isoformat(), late="half_hour"))
    assert "Spätestens: 12:30 Uhr. Danach wirst du gefragt." in client.get("/shares").text


def test_never_later_than_the_posts_own_time(app: Flask, db: Any, emil: User) -> None:
    one, account = post(), plain_account(emil)
    one.share_until = now() + timedelta(hours=10)
    client = browser(app, emil)
    at = (now() + timedelta(hours=1)).isoformat()
    client.post(f"/posts/{one.id}/shares", data=click(account, compose="1", when="at", at=at, late="day"))
    assert db.scalars(select(Delivery.latest_at)).one() == one.share_until
    assert "when the post's own time ends." in client.get("/shares").text


def test_what_is_no_choice_of_lateness_is_refused_and_everything_typed_is_kept(app: Flask, db: Any, emil: User) -> None:
    one, account = post(), plain_account(emil)
    client = browser(app, emil)
    for late in ("a year", "3600", "Day"):
        answer = client.post(f"/posts/{one.id}/shares", data=click(account, compose="1", words="I was there.", late=late))
        assert answer.status_code == 422
        assert "Choose from the list how late it may be." in answer.text
        assert "I was there." in answer.text
    assert db.scalars(select(Share)).all() == []


def test_the_lateness_that_was_chosen_comes_back_after_another_mistake(app: Flask, db: Any, emil: User) -> None:
    one, account = post(), plain_account(emil)
    client = browser(app, emil)
    assert '<option value="usual" selected>' in client.get(f"/posts/{one.id}/words").text
    answer = client.post(f"/posts/{one.id}/shares", data=click(account, compose="1", when="at", at="", late="day"))
    assert answer.status_code == 422
    assert '<option value="day" selected>' in answer.text


def test_the_pages_stand_empty_and_full(app: Flask, db: Any, emil: User) -> None:
    client = browser(app, emil)
    assert "Nothing new for you today" in client.get("/").text
    assert "You have not shared anything yet" in client.get("/shares").text
    one, account = post(), plain_account(emil)
    client = browser(app, emil)
    assert "Share on Mastodon as emil" in client.get("/").text
    client.post(f"/posts/{one.id}/shares", data=click(account))
    assert rows.TEXT in client.get("/shares").text


def test_a_withdrawn_post_shows_its_text_no_more(app: Flask, db: Any, emil: User) -> None:
    one = post()
    one.state = "withdrawn"
    client = browser(app, emil)
    assert client.get(f"/posts/{one.id}/words").status_code == 404
    assert client.post(f"/posts/{one.id}/preview").status_code == 404


def test_hostile_text_stays_text(app: Flask, db: Any, emil: User) -> None:
    rows.post(rows.edda(), rows.ravi(), texts={"en": "<b onclick=x>hi</b>"}, why={"en": "<i>why</i>"})
    page = browser(app, emil).get("/").text
    assert "<b onclick" not in page
    assert "&lt;b onclick=x&gt;hi&lt;/b&gt;" in page
    assert "<i>why" not in page


def test_later_and_not_for_me(app: Flask, db: Any, emil: User) -> None:
    later, never = post(), post()
    client = browser(app, emil)
    assert client.post(f"/posts/{later.id}/later").status_code == 303
    assert "It will not come back" in client.post(f"/posts/{never.id}/not-for-me", headers={"HX-Request": "true"}).text
    rows_aside = {row.post_id: row.until for row in db.scalars(select(PutAside))}
    assert (rows_aside[never.id], rows_aside[later.id] is not None) == (None, True)


def test_sharing_by_hand_from_the_menu_to_the_word_afterwards(app: Flask, db: Any, emil: User) -> None:
    one = post()
    client = browser(app, emil)
    answer = client.post(f"/posts/{one.id}/hand-shares", data={"network": "x", "language": "en", "click": "c1"})
    page = client.get(answer.headers["Location"]).text
    assert "https://x.com/intent/tweet?text=" in page
    made = db.scalars(select(HandShare.id)).one()
    assert client.post(f"/hand-shares/{made}/confirmation", data={"url": "nonsense"}).status_code == 422
    assert client.post(f"/hand-shares/{made}/confirmation").status_code == 303
    assert "You said that you shared it" in client.get("/shares").text


def test_a_colleagues_hand_share_is_not_there(app: Flask, db: Any, emil: User) -> None:
    one, colleague = post(), rows.emil()
    browser(app, colleague).post(f"/posts/{one.id}/hand-shares", data={"network": "x", "language": "en", "click": "c1"})
    made = db.scalars(select(HandShare.id)).one()
    client = browser(app, emil)
    assert client.get(f"/hand-shares/{made}").status_code == 404
    assert client.post(f"/hand-shares/{made}/confirmation").status_code == 404
