"""Pages of hours, pace and standing consents, and the third choice of time, without JavaScript."""

import re
import uuid
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.clock import now
from app.db import session
from app.people.models import User
from app.sharing import caps, consents, hours
from app.sharing.consent_models import StandingConsent
from app.sharing.models import Delivery, DeliveryState, Priority
from tests import rows
from tests.sharing import builders as b
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("db")


@dataclass
class Visit:
    """Emil and his browser."""

    app: Flask
    emil: User
    browser: FlaskClient

    def see(self, address: str) -> str:
        session.commit()
        answer = self.browser.get(address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, address: str, **form: object) -> str:
        session.commit()
        answer = self.browser.post(address, data=form, follow_redirects=True)
        return answer.text

    def status(self, address: str, **form: object) -> int:
        """What a POST is answered with."""
        session.commit()
        return self.browser.post(address, data=form).status_code

    def other(self, who: User) -> "Visit":
        return Visit(self.app, who, browser(self.app, who))


@pytest.fixture
def visit(app: Flask, db: object) -> Visit:
    emil = rows.emil()
    return Visit(app, emil, browser(app, emil))


class TestHours:
    def test_they_are_chosen_shown_and_given_up(self, visit: Visit) -> None:
        assert "08:30" in visit.see("/me/hours")
        page = visit.send("/me/hours", days=["1", "2", "3", "5"], **{"from": "10:00", "until": "24:00"})
        assert "Saved. What is planned already keeps its minute." in page
        found = hours.of(visit.emil.id)
        assert (sorted(found.days), found.from_minute, found.until_minute, found.on_days_off) == ([1, 2, 3, 5], 600, 1440, False)
        visit.send("/me/hours/forget")
        assert hours.of(visit.emil.id) == hours.HABIT

    @pytest.mark.parametrize(
        ("form", "words"),
        [
            ({"days": [], "from": "09:00", "until": "17:00"}, "Choose at least one day."),
            ({"days": ["1"], "from": "nine", "until": "17:00"}, "Choose a time of day, like 08:30."),
            ({"days": ["1"], "from": "09:00", "until": "09:10"}, "at least half an hour"),
        ],
    )
    def test_a_mistake_keeps_what_was_typed(self, visit: Visit, form: dict[str, object], words: str) -> None:
        answer = visit.browser.post("/me/hours", data=form)
        assert answer.status_code == 422
        assert words in answer.text
        assert f'value="{form["from"]}"' in answer.text
        assert hours.of(visit.emil.id) == hours.HABIT


class TestTheThirdChoice:
    def test_the_card_leaves_the_time_to_us_and_my_shares_says_why(self, visit: Visit) -> None:
        post, account = b.post(), b.plain_account(visit.emil)
        assert "Leave the time to Outspoken" in visit.see("/")
        form = {"click": uuid.uuid4().hex, "language": "en", "account": str(account.id), "when": "ours"}
        page = visit.send(f"/posts/{post.id}/shares", **form)
        [row] = session.scalars(select(Delivery))
        assert row.priority == Priority.SPREAD
        assert "Planned:" in page
        assert "Why this minute?" in page
        assert "Our usual hours" in page
        assert "No colleague shares the same post" in visit.see(f"/shares/deliveries/{row.id}/timing")

    def test_who_writes_own_words_has_the_same_choice(self, visit: Visit) -> None:
        post, account = b.post(), b.plain_account(visit.emil)
        page = visit.see(f"/posts/{post.id}/words")
        assert [re.search(f'value="{choice}"', page) is not None for choice in ("now", "at", "ours")] == [True, True, True]
        form = {"click": uuid.uuid4().hex, "language": "en", "account": str(account.id), "compose": "1"}
        assert "Choose a day and a time" in visit.send(f"/posts/{post.id}/shares", when="at", at="", **form)
        visit.send(f"/posts/{post.id}/shares", when="ours", at="2020-01-01T10:00", words="Mine.", **form)
        [row] = session.scalars(select(Delivery))
        assert row.timing is not None
        assert "Mine." in row.text

    def test_the_piece_of_the_page_says_when_and_stops_asking(self, visit: Visit) -> None:
        post, account = b.post(), b.plain_account(visit.emil)
        form = {"click": uuid.uuid4().hex, "language": "en", "account": str(account.id), "when": "ours"}
        piece = visit.browser.post(f"/posts/{post.id}/shares", data=form, headers={"HX-Request": "true"}).text
        assert 'hx-trigger="never"' in piece
        assert "Planned" in piece

    def test_a_minute_that_the_person_chose_says_so(self, visit: Visit) -> None:
        made = b.share(visit.emil, b.post(), b.plain_account(visit.emil))
        assert "Because you chose it yourself." in visit.see(f"/shares/deliveries/{b.delivery(made).id}/timing")

    def test_a_colleague_is_not_named_and_cannot_look(self, visit: Visit) -> None:
        post, kim = b.post(), rows.person("Kim")
        post.share_until = now() + timedelta(hours=20)
        for one in (kim, visit.emil):
            hours.choose(one, days=range(1, 8), from_minute=0, until_minute=1440, on_days_off=True)
        b.share(kim, post, b.plain_account(kim), left_to_us=True)
        row = b.delivery(b.share(visit.emil, post, b.plain_account(visit.emil), left_to_us=True))
        session.commit()
        page = visit.see(f"/shares/deliveries/{row.id}/timing")
        assert "A colleague shares the same post there" in page
        assert "at least 12 minutes apart" in page
        assert "Kim" not in page
        other = visit.other(rows.edda())
        assert other.browser.get(f"/shares/deliveries/{row.id}/timing").status_code == 404

    def test_what_is_over_the_cap_says_how_many_it_has_been(self, visit: Visit) -> None:
        account = b.plain_account(visit.emil)
        for _ in range(4):
            b.force(b.delivery(b.share(visit.emil, b.post(), account)), DeliveryState.PUBLISHED, sent_at=now() - timedelta(hours=5))
        waiting = b.delivery(b.share(visit.emil, b.post(), account))
        waiting.problem = "capped"
        session.flush()
        assert caps.reached(visit.emil.id, "mastodon") == ("day", 4)
        assert "you have already published 4 on Mastodon today" in visit.see("/shares")


class TestPace:
    def test_an_admin_sets_the_pace_and_the_days_off(self, visit: Visit) -> None:
        ada, day = visit.other(rows.ada()), (now() + timedelta(days=30)).date().isoformat()
        assert "Minutes between colleagues" in ada.see("/admin/pace")
        ada.send("/admin/pace/mastodon", per_hour="1", per_day="3", apart_minutes="30")
        assert caps.current()["mastodon"] == caps.Cap(1, 3, 30)
        assert "Company party" in ada.send("/admin/days-off", day=day, name="Company party")
        assert "No days off yet" in ada.send(f"/admin/days-off/{day}/remove")
        assert ada.status("/admin/days-off/nonsense/remove") == 404

    @pytest.mark.parametrize(
        ("address", "form", "words"),
        [
            ("/admin/pace/mastodon", {"per_hour": "five", "per_day": "3", "apart_minutes": "1"}, "Write a whole number."),
            ("/admin/pace/mastodon", {"per_hour": "5", "per_day": "3", "apart_minutes": "1"}, "at least as many posts as an hour"),
            ("/admin/days-off", {"day": "soon", "name": "x"}, "Write the day as year"),
            ("/admin/days-off", {"day": "2020-01-01", "name": "x"}, "Choose a day that lies ahead"),
            ("/admin/days-off", {"day": "2027-01-01", "name": "x" * 101}, "At most 100 characters fit here; this has 101."),
            ("/admin/days-off", {"day": "2027-01-01", "name": "x" * 101}, "x" * 101),
        ],
    )
    def test_a_mistake_is_said_at_its_place(self, visit: Visit, address: str, form: dict[str, str], words: str) -> None:
        answer = visit.other(rows.ada()).browser.post(address, data=form)
        assert (answer.status_code, words in answer.text) == (422, True)


class TestConsents:
    def test_it_is_read_agreed_to_and_ended(self, visit: Visit) -> None:
        account, topic = b.plain_account(visit.emil), rows.topic()
        form = {"account": account.id, "topic": topic.id, "per_week": "2", "language": "en"}
        session.commit()
        page = visit.browser.get("/standing/new", query_string=form).text
        terms = re.search(r'name="terms" value="([^"]+)"', page)
        assert terms is not None
        agreed = visit.send("/standing", terms=terms[1].replace("&#34;", '"'), **form)
        assert "Nothing goes out before you have heard of it" in agreed
        [consent] = consents.of(visit.emil)
        assert consent.terms in agreed
        assert "Ended. Nothing was planned." in visit.send(f"/standing/{consent.id}/end")
        assert consents.of(visit.emil) == []

    def test_another_sentence_than_the_one_read_is_not_agreed_to(self, visit: Visit) -> None:
        form = {"account": b.plain_account(visit.emil).id, "topic": rows.topic().id, "per_week": "2", "language": "en"}
        assert visit.status("/standing", terms="x", **form) == 409
        assert visit.browser.get("/standing/new", query_string={**form, "per_week": "9"}).status_code == 422
        assert visit.browser.get("/standing/new", query_string={**form, "account": "x"}).status_code == 404

    def given(self, visit: Visit) -> tuple[StandingConsent, Delivery]:
        post = b.post()
        wanted = consents.draft(visit.emil, account_id=b.plain_account(visit.emil).id, topic_id=post.topic_id, per_week=2, language="en")
        consent = consents.give(visit.emil, wanted, read=wanted.terms)
        b.plan_for_all(post)
        session.flush()
        return consent, session.scalars(select(Delivery).where(Delivery.post_id == post.id)).one()

    def test_not_this_one_is_one_click_for_its_owner_alone(self, visit: Visit) -> None:
        _consent, row = self.given(visit)
        page = visit.see("/standing")
        assert "Planned in your name" in page
        assert "Not this one" in page
        assert visit.other(rows.edda()).status(f"/standing/planned/{row.id}/stop") == 404
        assert "This one does not go out" in visit.send(f"/standing/planned/{row.id}/stop")
        assert session.scalar(select(Delivery.state)) == DeliveryState.CANCELLED

    def test_after_180_days_the_page_asks(self, visit: Visit) -> None:
        consent, _row = self.given(visit)
        consent.ask_again_at = now() - timedelta(days=1)
        session.flush()
        assert "Is this still what you want?" in visit.see("/standing")
        assert "Renewed for 180 days." in visit.send(f"/standing/{consent.id}/renew")
        assert "1 planned share was cancelled" in visit.send(f"/standing/{consent.id}/end")

    def test_without_an_account_it_says_which_networks_allow_it(self, visit: Visit) -> None:
        assert "LinkedIn and X do not allow it" in visit.see("/standing")
