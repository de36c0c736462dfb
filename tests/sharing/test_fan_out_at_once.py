"""A post is approved while somebody ends a consent, disconnects or leaves: nothing stays planned for them, and nobody waits for ever."""

import uuid
from collections.abc import Callable

import pytest
from sqlalchemy import select

from app.db import session, transaction
from app.editorial.models import Post
from app.people import deactivation
from app.people.models import User
from app.sharing import accounts, consents, fan_out, leaving
from app.sharing.consent_models import StandingConsent
from app.sharing.models import Delivery
from tests import rows
from tests.sharing import builders as b

pytestmark = pytest.mark.usefixtures("committed")
leaving.register()
PEOPLE = 6


def ended(consent: StandingConsent) -> None:
    consents.end(session.get_one(User, consent.user_id), consent.id)


def disconnected(consent: StandingConsent) -> None:
    accounts.disconnect(session.get_one(User, consent.user_id), consent.account_id)


def gone(consent: StandingConsent) -> None:
    deactivation.deactivate(consent.user_id, by=rows.ada())


@pytest.mark.parametrize("verb", [ended, disconnected, gone])
def test_who_stops_it_meanwhile_has_nothing_planned(verb: Callable[[StandingConsent], None]) -> None:
    post_id, consent_ids = _agreed()

    def act(number: int) -> None:
        with transaction():
            if number == PEOPLE // 2:
                fan_out.plan(session.get_one(Post, post_id))
            else:
                verb(session.get_one(StandingConsent, consent_ids[number]))

    b.at_once(PEOPLE, act)
    stopped = [one for number, one in enumerate(consent_ids) if number != PEOPLE // 2]
    with transaction():
        waiting = select(Delivery.account_id).where(Delivery.state.in_(("queued", "held")))
        of_them = select(StandingConsent.account_id).where(StandingConsent.id.in_(stopped))
        assert set(session.scalars(waiting)) & set(session.scalars(of_them)) == set()
        assert len(list(session.scalars(waiting))) == 1


def _agreed() -> tuple[uuid.UUID, list[uuid.UUID]]:
    with transaction():
        post, found = b.post(), []
        for number in range(PEOPLE):
            emil = rows.person(f"Emil{number}")
            wanted = consents.draft(emil, account_id=b.plain_account(emil).id, topic_id=post.topic_id, per_week=2, language="en")
            found.append(consents.give(emil, wanted, read=wanted.terms).id)
        rows.ada().password_hash = "x"
        return post.id, found
