"""Standing consents: given, renewed, asked again, ended; and never for networks whose rules forbid it."""

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.clock import now
from app.db import session
from app.errors import Invalid, Missing, Stale
from app.networks.mastodon import Mastodon
from app.networks.values import Capabilities
from app.people import deactivation
from app.people.models import Topic, User
from app.sharing import accounts, consents, leaving, networks
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.consent_models import StandingConsent
from tests import rows
from tests.sharing import builders as b

pytestmark = pytest.mark.usefixtures("db")
leaving.register()


@dataclass
class Place:
    """Emil, his account, and a topic."""

    emil: User
    account: ConnectedAccount
    topic: Topic

    def draft(self, **more: object) -> StandingConsent:
        facts = {"account_id": self.account.id, "topic_id": self.topic.id, "per_week": 2, "language": "en"} | more
        return consents.draft(self.emil, **facts)  # type: ignore[arg-type]

    def give(self, **more: object) -> StandingConsent:
        made = self.draft(**more)
        return consents.give(self.emil, made, read=made.terms)


@pytest.fixture
def place() -> Place:
    emil = rows.emil()
    return Place(emil, b.plain_account(emil), rows.topic())


def test_the_sentence_says_all_of_it_in_the_persons_language(place: Place) -> None:
    made = place.give()
    assert made.terms.startswith(f"Posts on “{place.topic.name_en}” may go out from my account @emil@social.example on Mastodon")
    assert "in English, at most 2 a week" in made.terms
    assert "at most one a week" in place.draft(per_week=1).terms
    assert made.ask_again_at - made.agreed_at == timedelta(days=180)
    assert [one.id for one in consents.of(place.emil)] == [made.id]


def test_what_is_stored_is_what_was_read(place: Place) -> None:
    with pytest.raises(Stale):
        consents.give(place.emil, place.draft(), read="something else")
    assert consents.of(place.emil) == []


def test_the_same_twice_is_once_and_another_one_for_the_same_is_refused(place: Place) -> None:
    assert place.give().id == place.give().id
    with pytest.raises(Invalid):
        place.give(per_week=3)


@pytest.mark.parametrize(
    ("facts", "field"), [({"per_week": 0}, "per_week"), ({"per_week": 8}, "per_week"), ({"language": "fr"}, "language")]
)
def test_terms_that_cannot_be_are_refused(place: Place, facts: dict[str, object], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        place.draft(**facts)
    assert refused.value.field == field


def test_a_topic_that_is_not_there_and_an_account_that_is_not_theirs(place: Place) -> None:
    with pytest.raises(Invalid):
        place.draft(topic_id=uuid.uuid4())
    with pytest.raises(Missing):
        place.draft(account_id=b.plain_account(rows.edda()).id)


class Forbids(Mastodon):
    """A network whose rules want a click for each post, as LinkedIn's and X's do."""

    def __init__(self, key: str) -> None:
        self.key = self.name = key

    def capabilities(self) -> Capabilities:
        return replace(Mastodon.capabilities(self), standing=False)


@pytest.fixture
def with_strict_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {**networks.networks(), "linkedin": Forbids("linkedin"), "x": Forbids("x")}
    monkeypatch.setattr(networks, "networks", lambda: found)


def test_it_is_off_unless_a_network_says_that_its_rules_allow_it() -> None:
    assert Capabilities(personal_publish=True).standing is False
    assert Mastodon.capabilities(networks.networks()["mastodon"]).standing is True  # type: ignore[arg-type]


@pytest.mark.usefixtures("with_strict_ones")
@pytest.mark.parametrize("network", ["linkedin", "x"])
def test_it_is_refused_where_the_rules_want_a_click_for_each(place: Place, network: str) -> None:
    account = b.plain_account(place.emil, network=network)
    assert consents.offered(place.emil) == [place.account]
    with pytest.raises(Missing):
        place.draft(account_id=account.id)


def test_it_is_not_offered_for_what_cannot_be_used(place: Place) -> None:
    b.force(place.account, AccountState.NEEDS_RECONNECT)  # type: ignore[arg-type]
    assert consents.offered(place.emil) == []


def test_after_180_days_its_owner_is_asked_once_and_may_renew(place: Place) -> None:
    made = place.give()
    assert consents.ask_again(now=now() + timedelta(days=179)) == 0
    assert consents.ask_again(now=now() + timedelta(days=181)) == 1
    assert consents.ask_again(now=now() + timedelta(days=182)) == 0
    session.flush()
    assert b.notices(place.emil.id) == ["consent_asks_again"]
    renewed = consents.renew(place.emil, made.id)
    assert renewed.asked_at is None
    assert renewed.ask_again_at > now() + timedelta(days=179)


def test_somebody_elses_does_not_exist(place: Place) -> None:
    made = place.give()
    for verb in (consents.renew, consents.end, consents.own):
        with pytest.raises(Missing):
            verb(rows.edda(), made.id)
    consents.end(place.emil, made.id)
    with pytest.raises(Missing):
        consents.renew(place.emil, made.id)


def test_it_ends_with_the_account_and_with_the_access(place: Place) -> None:
    first = place.give()
    accounts.disconnect(place.emil, place.account.id)
    place.account = b.plain_account(place.emil)
    second = place.give()
    deactivation.deactivate(place.emil.id, by=rows.ada())
    session.flush()
    ended = select(StandingConsent.id).where(StandingConsent.ended_at.is_not(None))
    assert set(session.scalars(ended)) == {first.id, second.id}
