"""A post is approved: what standing consents plan with it, and what they must never plan."""

import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

import config
from app.audit.models import Event
from app.clock import now
from app.db import session
from app.editorial import posts, reviews
from app.editorial.models import Decision, Post, Variant
from app.notices.models import Mail
from app.people import deactivation
from app.people.models import User
from app.sharing import accounts, caps, compositions, consents, deliveries, fan_out, feed, hours, leaving, preflight, switches
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.caps import Cap
from app.sharing.consent_models import Plan, StandingConsent
from app.sharing.models import Delivery, DeliveryState, Priority, Share, ShortLink
from tests import rows
from tests.sharing import builders as b

pytestmark = pytest.mark.usefixtures("db")
leaving.register()


def agreed(post: Post, name: str = "Emil", *, on: ConnectedAccount | None = None, **more: object) -> StandingConsent:
    """Somebody who lets posts on this post's topic go out."""
    account = on or b.plain_account(rows.person(name))
    owner = session.get_one(User, account.user_id)
    facts = {"account_id": account.id, "topic_id": post.topic_id, "per_week": 2, "language": "en"} | more
    wanted = consents.draft(owner, **facts)  # type: ignore[arg-type]
    return consents.give(owner, wanted, read=wanted.terms)


def owner(consent: StandingConsent) -> User:
    return session.get_one(User, consent.user_id)


def planned(post: Post) -> list[Delivery]:
    """What is planned with a post, in time."""
    session.flush()
    session.expire_all()
    return list(session.scalars(select(Delivery).where(Delivery.post_id == post.id).order_by(Delivery.due_at)))


def another(like: Post) -> Post:
    """One more post on the same topic."""
    made = b.post()
    made.topic_id = like.topic_id
    session.flush()
    return made


def test_each_consent_makes_a_share_of_its_own_with_text_hash_link_and_reasons() -> None:
    post = b.post("A second wording about 42 winter tests.")
    consent = agreed(post)
    assert b.plan_for_all(post) == 1
    [row] = planned(post)
    assert (row.share.standing_consent_id, row.share.click) == (consent.id, f"standing:{post.id}:{consent.id}")
    assert (row.state, row.priority, row.user_id, row.account_id) == (
        DeliveryState.QUEUED,
        Priority.SPREAD,
        consent.user_id,
        consent.account_id,
    )
    assert row.text_hash == b.sha256(row.text)
    assert row.link is not None
    assert f"{config.settings().base_url}/s/{row.link.code}" in row.text
    assert row.link.target == b.TARGET
    assert row.timing is not None
    assert row.timing["zone"] == "Europe/Berlin"
    assert row.latest_at == min(row.due_at + timedelta(hours=2), post.share_until)
    local = row.due_at.astimezone(ZoneInfo("Europe/Berlin"))
    assert (local.isoweekday() <= 5, 8 * 60 + 30 <= local.hour * 60 + local.minute < 17 * 60 + 30) == (True, True)
    [event] = session.scalars(select(Event).where(Event.verb == "planned"))
    assert (event.subject_id, event.actor_id) == (row.share_id, consent.user_id)


def test_the_text_is_the_one_that_the_same_click_would_have_shown() -> None:
    post = b.post()
    consent = agreed(post)
    b.plan_for_all(post)
    [row] = planned(post)
    shown = compositions.compose(
        owner(consent), post, row.account, language="en", words="", click=row.share.click, variant_id=row.variant_id
    )
    assert (row.text, row.text_hash) == (shown.text, shown.text_hash)
    assert row.link is not None
    assert row.link.code == shown.code
    assert compositions.PLACEHOLDER not in row.text


def test_a_post_without_a_link_gets_none() -> None:
    post = b.post(link=False)
    agreed(post)
    assert b.plan_for_all(post) == 1
    assert session.scalar(select(func.count()).select_from(ShortLink)) == 0


def test_neighbours_in_time_have_different_wordings_and_are_apart() -> None:
    post = b.post("Second wording.", "Third wording.")
    for number in range(20):
        agreed(post, f"Emil{number}")
    b.plan_for_all(post)
    found = planned(post)
    assert len(found) == 20
    assert all(one.variant_id != other.variant_id for one, other in itertools.pairwise(found))
    assert all(other.due_at - one.due_at >= timedelta(minutes=12) for one, other in itertools.pairwise(found))
    assert len({one.link.code for one in found if one.link}) == 20


def test_everybody_hears_a_day_before_in_their_zone_and_language() -> None:
    post, emil = b.post(), rows.person("Emil", locale="de")
    emil.time_zone, emil.password_hash = "America/New_York", "x"
    agreed(post, on=b.plain_account(emil))
    b.plan_for_all(post)
    [row] = planned(post)
    assert row.due_at - now() > timedelta(hours=23)
    assert b.notices(emil.id) == ["share_planned"]
    [mail] = session.scalars(select(Mail).where(Mail.user_id == emil.id))
    assert f"{row.due_at.astimezone(ZoneInfo('America/New_York')):%H:%M}" in mail.body
    assert mail.body.endswith("/standing#planned\n")


def test_several_accounts_of_one_person_are_one_notice() -> None:
    post, emil = b.post(), rows.emil()
    for number in range(2):
        agreed(post, on=b.plain_account(emil, handle=f"@{number}@social.example"))
    assert b.plan_for_all(post) == 2
    assert b.notices(emil.id) == ["share_planned"]
    due = [row.due_at for row in planned(post)]
    assert due[1] - due[0] >= timedelta(minutes=12)


@pytest.mark.parametrize(("left", "veto"), [(timedelta(days=20), timedelta(hours=24)), (timedelta(hours=7), timedelta(hours=2))])
def test_everybody_has_a_day_to_say_no_and_never_less_than_two_hours(left: timedelta, veto: timedelta) -> None:
    post = b.post()
    for number in range(15):
        consent = agreed(post, f"Emil{number}")
        hours.choose(owner(consent), days=range(1, 8), from_minute=0, until_minute=1440, on_days_off=True)
    post.share_until = now() + left
    assert b.plan_for_all(post) == 15
    assert all(now() + veto - timedelta(minutes=1) < row.due_at < post.share_until for row in planned(post))


def test_a_window_too_short_to_say_no_plans_nothing() -> None:
    post = b.post()
    agreed(post)
    post.share_until = now() + timedelta(minutes=119)
    assert b.plan_for_all(post) == 0


def test_at_most_so_many_a_week_and_what_was_stopped_does_not_count() -> None:
    first = b.post()
    consent = agreed(first, per_week=2)
    assert [b.plan_for_all(post) for post in (first, another(first), another(first))] == [1, 1, 0]
    [row] = planned(first)
    deliveries.cancel(owner(consent), row.id)
    session.flush()
    assert b.plan_for_all(another(first)) == 1
    for row in session.scalars(select(Delivery)):
        row.due_at = now() - timedelta(days=8)
    session.flush()
    assert b.plan_for_all(another(first)) == 1


def test_not_this_one_is_one_click_and_stays_so() -> None:
    post = b.post()
    consent = agreed(post)
    b.plan_for_all(post)
    [row] = consents.planned(owner(consent))
    deliveries.cancel(owner(consent), row.id)
    session.flush()
    assert consents.planned(owner(consent)) == []
    assert b.plan_for_all(post) == 0


def test_ending_cancels_what_has_not_left() -> None:
    post = b.post()
    consent = agreed(post)
    b.plan_for_all(post)
    b.plan_for_all(another(post))
    left = planned(post)[0]
    b.force(left, DeliveryState.PUBLISHED)
    assert consents.end(owner(consent), consent.id) == 1
    states = {row.post_id == post.id: (row.state, row.problem) for row in session.scalars(select(Delivery))}
    assert states == {True: ("published", None), False: ("cancelled", "consent_ended")}
    assert b.plan_for_all(another(post)) == 0


def after_180_days(consent: StandingConsent) -> None:
    consent.ask_again_at = now() - timedelta(minutes=1)


def disconnected(consent: StandingConsent) -> None:
    accounts.disconnect(owner(consent), consent.account_id)


def reconnect_needed(consent: StandingConsent) -> None:
    b.force(consent.account, AccountState.NEEDS_RECONNECT)  # type: ignore[arg-type]


def deactivated(consent: StandingConsent) -> None:
    deactivation.deactivate(consent.user_id, by=rows.ada())


def switched_off(_consent: StandingConsent) -> None:
    switches.turn("mastodon", on=False, by=rows.ada().id)


@pytest.mark.parametrize("reason", [after_180_days, disconnected, reconnect_needed, deactivated, switched_off])
def test_nothing_is_planned_for_who_cannot_or_does_not_want_to(reason: Callable[[StandingConsent], None]) -> None:
    post = b.post()
    reason(agreed(post))
    session.flush()
    assert b.plan_for_all(post) == 0
    assert planned(post) == []


@pytest.mark.parametrize("network", ["linkedin", "x", "a network of next year"])
def test_a_network_whose_rules_forbid_it_is_never_planned_for(network: str) -> None:
    """However the consent came into the table."""
    post = b.post()
    consent = agreed(post)
    consent.account.network = network
    session.flush()
    assert b.plan_for_all(post) == 0


def test_what_a_person_shared_or_put_aside_is_left_alone() -> None:
    post = b.post()
    shared, aside, other = (agreed(post, name) for name in ("Shared", "Aside", "Other"))
    b.share(owner(shared), post, shared.account)
    feed.put_aside(owner(aside), post, until=None)
    session.flush()
    assert b.plan_for_all(post) == 1
    assert other.user_id in {row.user_id for row in planned(post)}


def test_the_author_shares_their_own_post_themselves() -> None:
    post = b.post()
    agreed(post, on=b.plain_account(session.get_one(User, post.author_id)))
    assert b.plan_for_all(post) == 0


def test_other_topics_and_other_languages_are_not_touched() -> None:
    post = b.post()
    agreed(b.post(), "Elsewhere")
    agreed(post, "German", language="de")
    assert b.plan_for_all(post) == 0


def test_what_does_not_fit_an_account_takes_a_wording_that_does() -> None:
    post = b.post("Short.")
    long = session.scalars(select(Variant).where(Variant.post_id == post.id, Variant.position == 0)).one()
    long.text = "word " * 200
    found = [agreed(post, f"Emil{number}") for number in range(3)]
    assert b.plan_for_all(post) == 3
    assert all("Short." in row.text for row in planned(post))
    assert len(found) == 3


def test_planned_ones_keep_within_what_one_person_may_publish() -> None:
    first, ada = b.post(), rows.ada()
    caps.change("mastodon", Cap(per_hour=1, per_day=1, apart_minutes=0), by=ada.id)
    agreed(first, per_week=7)
    for post in (first, *(another(first) for _ in range(3))):
        assert b.plan_for_all(post) == 1
    due = sorted(session.scalars(select(Delivery.due_at)))
    assert all(other - one >= timedelta(days=1) for one, other in itertools.pairwise(due))


def test_everybody_gets_their_own_hours() -> None:
    post, found = b.post(), []
    for number, zone in enumerate(("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")):
        emil = rows.person(f"Emil{number}")
        emil.time_zone = zone
        hours.choose(emil, days=[1, 3, 5], from_minute=600, until_minute=700, on_days_off=False)
        found.append(agreed(post, on=b.plain_account(emil)).user_id)
    assert b.plan_for_all(post) == 4
    for row in planned(post):
        assert row.check_due_at == preflight.check_at(row.due_at, now=row.created_at)
        assert row.check_due_at is not None
        local = row.due_at.astimezone(ZoneInfo(row.account.user.time_zone))
        assert local.isoweekday() in (1, 3, 5)
        assert 600 <= local.hour * 60 + local.minute < 700


def test_an_approval_plans_in_its_own_transaction() -> None:
    """One row for each, with nothing queued and nobody told; the workers do the rest."""
    edda, ravi = rows.edda(), rows.ravi()
    proposal = rows.proposal(edda)
    emil = rows.emil()
    wanted = consents.draft(emil, account_id=b.plain_account(emil).id, topic_id=proposal.topic_id, per_week=1, language="en")  # type: ignore[arg-type]
    consents.give(emil, wanted, read=wanted.terms)
    assert proposal.revision is not None
    reviews.review(proposal, ravi, Decision.APPROVED, content_hash=proposal.revision.content_hash)
    [plan] = session.scalars(select(Plan))
    assert (plan.user_id, session.scalar(select(func.count()).select_from(Delivery)), b.notices(emil.id)) == (emil.id, 0, [])
    assert b.planned_shares_made() == 1
    assert list(session.scalars(select(Plan))) == []
    [row] = session.scalars(select(Delivery).join(Share, Share.id == Delivery.share_id))
    assert row.due_at == plan.due_at
    assert re.match(r"I work at .+\. *\n\nOur new pump", row.text.replace("\n", "\n"))
    assert plan_is_registered_once()


def plan_is_registered_once() -> bool:
    fan_out.register()
    return posts.WHEN_APPROVED.count(fan_out.plan) == 1


def test_it_takes_the_same_number_of_statements_for_one_and_for_many() -> None:
    counts = []
    for many in (1, 40):
        post = b.post()
        for number in range(many):
            agreed(post, f"Emil{number}")
        session.flush()
        with b.statements() as said:
            assert b.plan_for_all(post) == many
        counts.append(len([one for one in said if not one.startswith("SAVEPOINT")]))
    assert counts[0] == counts[1]
