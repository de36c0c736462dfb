"""A post is approved, and plans become shares, while somebody ends a consent, disconnects or leaves: nothing stays planned for them, and
nobody waits for ever."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from app.clock import now
from app.db import session, transaction
from app.editorial.models import Post
from app.notices.models import Notice
from app.people import deactivation
from app.people.models import User
from app.sharing import accounts, consents, fan_out, leaving, minutes, planned_shares
from app.sharing.consent_models import Plan, StandingConsent
from app.sharing.models import Delivery, Share
from tests import rows
from tests.sharing import builders as b
from tests.sharing.test_fan_out import agreed

pytestmark = pytest.mark.usefixtures("committed")
leaving.register()
PEOPLE = 6


def ended(consent: StandingConsent) -> None:
    consents.end(session.get_one(User, consent.user_id), consent.id)


def disconnected(consent: StandingConsent) -> None:
    accounts.disconnect(session.get_one(User, consent.user_id), consent.account_id)


def gone(consent: StandingConsent) -> None:
    deactivation.deactivate(consent.user_id, by=rows.ada())


def _plan(post_id: uuid.UUID) -> None:
    with transaction():
        fan_out.plan(session.get_one(Post, post_id))


def _make() -> int:
    with transaction():
        return planned_shares.make(now=now())


@pytest.mark.parametrize("before", [True, False], ids=["while shares are made", "while it is approved"])
@pytest.mark.parametrize("verb", [ended, disconnected, gone])
def test_who_stops_it_meanwhile_has_nothing_planned(verb: Callable[[StandingConsent], None], before: bool) -> None:
    post_id, consent_ids = _agreed()
    if before:
        _plan(post_id)

    def act(number: int) -> None:
        if number == PEOPLE // 2:
            _make() if before else _plan(post_id)
        else:
            with transaction():
                verb(session.get_one(StandingConsent, consent_ids[number]))

    b.at_once(PEOPLE, act)
    _make()
    stopped = [one for number, one in enumerate(consent_ids) if number != PEOPLE // 2]
    with transaction():
        waiting = select(Delivery.account_id).where(Delivery.state.in_(("queued", "held")))
        of_them = select(StandingConsent.account_id).where(StandingConsent.id.in_(stopped))
        assert set(session.scalars(waiting)) & set(session.scalars(of_them)) == set()
        assert len(list(session.scalars(waiting))) == 1


def test_several_workers_make_each_share_once() -> None:
    post_id, _consents = _agreed()
    _plan(post_id)
    b.at_once(PEOPLE, lambda _number: _make())
    with transaction():
        assert session.scalar(select(func.count()).select_from(Plan)) == 0
        assert session.scalar(select(func.count()).select_from(Share)) == PEOPLE
        assert session.scalar(select(func.count()).select_from(Notice).where(Notice.kind == "share_planned")) == PEOPLE


def _agreed() -> tuple[uuid.UUID, list[uuid.UUID]]:
    with transaction():
        post, found = b.post(), []
        for number in range(PEOPLE):
            emil = rows.person(f"Emil{number}")
            wanted = consents.draft(emil, account_id=b.plain_account(emil).id, topic_id=post.topic_id, per_week=2, language="en")
            found.append(consents.give(emil, wanted, read=wanted.terms).id)
        rows.ada().password_hash = "x"
        return post.id, found


def test_while_somebody_chooses_a_minute_for_it_nobody_gets_another_one() -> None:
    """It waits for the next turn, whole: no plan is lost, and nothing is announced twice."""
    with transaction():
        post = b.post()
        consent = agreed(post)
        fan_out.plan(post)
        session.execute(update(Plan).values(due_at=now() + timedelta(minutes=119)))
        post_id, user_id = post.id, consent.user_id
    with transaction():
        assert minutes.my_turns([(post_id, "mastodon")])
        assert b.at_once(1, lambda _: _make()) == [0]
    assert b.notices(user_id) == []
    assert [_make() for _ in range(3)] == [1, 1, 0]
    assert b.notices(user_id) == ["share_planned"]
