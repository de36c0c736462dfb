"""Plans become shares: between an approval and the moment at which its owners are told, everything may change."""

from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app.clock import now
from app.db import session
from app.editorial import posts
from app.editorial.models import Post, Variant
from app.people import deactivation
from app.sharing import accounts, caps, consents, fan_out, feed, leaving, minutes, planned_shares
from app.sharing.caps import Cap
from app.sharing.consent_models import Plan, StandingConsent
from app.sharing.models import Delivery, Share
from tests import rows
from tests.sharing import builders as b
from tests.sharing.test_fan_out import agreed, another, owner

pytestmark = pytest.mark.usefixtures("db")
leaving.register()


def count(table: type[Plan] | type[Share] | type[Delivery]) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def ended(consent: StandingConsent, _post: Post) -> None:
    consents.end(owner(consent), consent.id)


def disconnected(consent: StandingConsent, _post: Post) -> None:
    accounts.disconnect(owner(consent), consent.account_id)


def gone(consent: StandingConsent, _post: Post) -> None:
    deactivation.deactivate(consent.user_id, by=rows.ada())


def put_aside(consent: StandingConsent, post: Post) -> None:
    feed.put_aside(owner(consent), post, until=None)


def withdrawn(_consent: StandingConsent, post: Post) -> None:
    posts.withdraw(post, rows.ravi(), reason="A wrong figure")


def too_long(_consent: StandingConsent, post: Post) -> None:
    session.execute(update(Variant).where(Variant.post_id == post.id).values(text="word " * 200))


@pytest.mark.parametrize("happens", [ended, disconnected, gone, put_aside, withdrawn, too_long])
def test_who_cannot_or_does_not_want_to_any_more_is_left_out(happens: Callable[[StandingConsent, Post], None]) -> None:
    post = b.post()
    consent = agreed(post)
    assert fan_out.plan(post) == 1
    happens(consent, post)
    session.flush()
    assert b.planned_shares_made() == 1
    assert (count(Plan), count(Share), "share_planned" in b.notices(consent.user_id)) == (0, 0, False)


def test_what_was_clicked_meanwhile_is_not_shared_twice() -> None:
    post = b.post()
    consent = agreed(post)
    fan_out.plan(post)
    b.share(owner(consent), post, consent.account)
    session.flush()
    b.planned_shares_made()
    assert (count(Plan), count(Delivery)) == (0, 1)


def test_nothing_is_planned_twice() -> None:
    post = b.post()
    agreed(post)
    assert [fan_out.plan(post), fan_out.plan(post)] == [1, 0]
    assert count(Plan) == 1


def test_what_nobody_was_told_of_yet_counts_for_the_week() -> None:
    first = b.post()
    agreed(first, per_week=2)
    assert [fan_out.plan(post) for post in (first, another(first), another(first))] == [1, 1, 0]


def test_what_nobody_was_told_of_yet_keeps_its_time() -> None:
    first, ada = b.post(), rows.ada()
    caps.change("mastodon", Cap(per_hour=1, per_day=1, apart_minutes=0), by=ada.id)
    consent = agreed(first, per_week=7)
    for post in (first, another(first)):
        fan_out.plan(post)
    one, other = sorted(session.scalars(select(Plan.due_at)))
    assert other - one >= timedelta(days=1)
    found = minutes.own_moments([consent.user_id], "mastodon", since=now())
    assert sorted(found[str(consent.user_id)]) == [one, other]


def test_colleagues_keep_apart_from_it() -> None:
    post = b.post()
    agreed(post)
    fan_out.plan(post)
    [plan] = session.scalars(select(Plan))
    colleague, apart = rows.person("Colleague"), timedelta(minutes=caps.current()["mastodon"].apart_minutes)
    found = minutes.choose(colleague, post, network="mastodon", delivery_id=post.id, earliest=plan.due_at)
    assert found.moment - plan.due_at >= apart - timedelta(seconds=1)
    assert found.near is not None
    assert abs(found.near - plan.due_at) < timedelta(seconds=1)


def test_a_person_is_told_once_whatever_the_size_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planned_shares, "BATCH", 2)
    post, people = b.post(), [rows.person(f"Emil{number}") for number in range(3)]
    for emil in people:
        for number in range(3):
            agreed(post, on=b.plain_account(emil, handle=f"@{emil.name}{number}@social.example"))
    assert fan_out.plan(post) == 9
    assert [planned_shares.make(now=now()) for _ in range(4)] == [3, 3, 3, 0]
    assert [b.notices(emil.id) for emil in people] == [["share_planned"]] * 3


def test_who_would_hear_too_late_to_say_no_gets_another_minute() -> None:
    """Workers were away for longer than they may."""
    post = b.post()
    late, other = agreed(post, "Late"), agreed(post, "Other")
    fan_out.plan(post)
    session.execute(update(Plan).where(Plan.user_id == late.user_id).values(due_at=now() + timedelta(minutes=119)))
    session.flush()
    assert b.planned_shares_made() == 3
    due = {row.user_id: row.due_at for row in session.scalars(select(Delivery))}
    assert set(due) == {late.user_id, other.user_id}
    assert min(due.values()) > now() + timedelta(hours=2)
    assert [b.notices(user) for user in due] == [["share_planned"]] * 2


def test_another_minute_lies_apart_from_colleagues_who_have_theirs() -> None:
    """Also from what was shared with a click meanwhile, and from plans that are not shares yet."""
    post = b.post()
    crowd, late = [agreed(post, f"Crowd{number}") for number in range(50)], [agreed(post, f"Late{number}") for number in range(8)]
    fan_out.plan(post)
    mine = Plan.user_id.in_([one.user_id for one in late])
    session.execute(update(Plan).where(mine).values(due_at=now() + timedelta(minutes=119)))
    session.flush()
    assert b.planned_shares_made() == len(crowd) + 2 * len(late)
    due = sorted(row.due_at for row in session.scalars(select(Delivery)))
    assert len(due) == len(crowd) + len(late)
    assert min(later - one for one, later in pairwise(due)) >= timedelta(minutes=caps.default("mastodon").apart_minutes)


def test_two_posts_are_made_one_after_the_other() -> None:
    first = b.post()
    agreed(first, per_week=7)
    second = another(first)
    for post in (first, second):
        fan_out.plan(post)
    assert [planned_shares.make(now=now()) for _ in range(3)] == [1, 1, 0]
    assert {row.post_id for row in session.scalars(select(Share))} == {first.id, second.id}


def test_a_person_of_a_plan_is_the_persons_of_its_consent() -> None:
    """The database says so, and of the wording that it is the post's."""
    post = b.post()
    consent, other = agreed(post), b.post()
    facts = {"post_id": post.id, "consent_id": consent.id, "due_at": now(), "why": {}}
    for wrong in (
        {"user_id": rows.ada().id, "variant_id": post.variants[0].id},
        {"user_id": consent.user_id, "variant_id": other.variants[0].id},
    ):
        with pytest.raises(IntegrityError), session.begin_nested():
            session.add(Plan(**facts, **wrong))
