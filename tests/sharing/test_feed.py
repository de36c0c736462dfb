"""The home page's choice: what a person follows, can share now, and has not shared or put aside."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from app.clock import now
from app.db import session
from app.editorial.models import Post
from app.people.models import Topic, User, followed_topics
from app.sharing import feed, hand_shares
from tests import rows
from tests.sharing.builders import deliveries, force, plain_account, post, share

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def emil(db: Any) -> User:
    """An employee who follows nothing yet."""
    return rows.emil()


def shown(user: User) -> list[Any]:
    """The ids of the posts on this person's home page."""
    return [card.post.id for card in feed.cards(user)]


def age(one: Post, **past: float) -> Post:
    """Approved that long ago."""
    one.approved_at = now() - timedelta(**past)
    return one


def test_at_most_five_and_the_newest_first(db: Any, emil: User) -> None:
    made = [age(post(), hours=hours) for hours in (7, 1, 3, 2, 6, 5, 4)]
    db.flush()
    assert shown(emil) == [made[index].id for index in (1, 3, 2, 6, 5)]


def test_only_topics_that_the_person_follows(db: Any, emil: User) -> None:
    wanted, other = post(), post()
    db.execute(insert(followed_topics).values(user_id=emil.id, topic_id=wanted.topic_id))
    assert shown(emil) == [wanted.id]
    assert other.topic_id != wanted.topic_id


def test_everything_while_the_person_follows_nothing(emil: User) -> None:
    made = {post().id, post().id}
    assert set(shown(emil)) == made


def test_a_retired_topic_is_no_longer_offered(db: Any, emil: User) -> None:
    one = post()
    db.get_one(Topic, one.topic_id).retired_at = now()
    db.flush()
    assert shown(emil) == []


@pytest.mark.parametrize(
    "change",
    [
        {"state": "withdrawn"},
        {"share_from": now() + timedelta(days=1)},
        {"share_from": now() - timedelta(days=3), "share_until": now() - timedelta(seconds=1)},
    ],
)
def test_what_cannot_be_shared_now_is_left_out(db: Any, emil: User, change: dict[str, Any]) -> None:
    one = post()
    for name, value in change.items():
        setattr(one, name, value)
    db.flush()
    assert shown(emil) == []


def test_what_was_shared_does_not_come_back_unless_it_was_undone(db: Any, emil: User) -> None:
    one = post()
    made = share(emil, one, plain_account(emil))
    db.flush()
    assert shown(emil) == []
    for delivery in made.deliveries:
        delivery.state = "cancelled"
    db.flush()
    assert shown(emil) == [one.id]


def test_a_colleagues_share_changes_nothing(db: Any, emil: User) -> None:
    one, colleague = post(), rows.emil()
    share(colleague, one, plain_account(colleague))
    db.flush()
    assert shown(emil) == [one.id]


def test_put_aside_until_a_time_or_for_good(db: Any, emil: User) -> None:
    tomorrow, never = post(), post()
    feed.put_aside(emil, tomorrow, until=now() + timedelta(hours=1))
    feed.put_aside(emil, never, until=None)
    assert shown(emil) == []
    assert [card.post.id for card in feed.cards(emil, now=now() + timedelta(hours=2))] == [tomorrow.id]


def test_the_card_shows_exactly_what_will_be_sent(db: Any, emil: User) -> None:
    account = plain_account(emil)
    one = post("Another wording")
    card = feed.cards(emil)[0]
    assert card.composition is not None
    made = share(emil, one, account, click=card.click, seen={account.id: card.composition.variant.id})
    db.flush()
    assert [delivery.text for delivery in made.deliveries] == [card.text]


def test_without_an_account_the_text_carries_disclosure_and_the_pages_own_address(emil: User) -> None:
    post()
    card = feed.cards(emil)[0]
    assert card.account is None
    assert card.text == f"I work at Our company.\n\n{rows.TEXT}\n\nhttps://example.com/cold-seals?from=winter"


def test_a_hand_share_counts_once_it_is_confirmed(db: Any, emil: User) -> None:
    one = post()
    made = hand_shares.begin(emil, one, network="linkedin", language="en", click="click")
    assert shown(emil) == [one.id]
    hand_shares.confirm(made, by=emil)
    db.flush()
    assert shown(emil) == []


def week(user: User) -> int:
    """What the home page says about this person's week."""
    return session.scalar(select(feed.shares_this_week(user.id))) or 0


def bring(user: User, state: str, **facts: Any) -> None:
    """A share of this person, brought into a state."""
    for one in deliveries(share(user, post(), plain_account(user))):
        force(one, state, **facts)


def test_the_number_of_this_weeks_shares_is_the_persons_own(db: Any, emil: User) -> None:
    colleague = rows.emil()
    for one in (emil, colleague):
        bring(one, "published")
    assert week(emil) == 1
    assert db.scalar(select(func.count()).select_from(Post)) == 2


def test_one_click_for_two_accounts_is_one_share(emil: User) -> None:
    made = share(emil, post(), plain_account(emil), plain_account(emil, is_default=False))
    for one in deliveries(made):
        force(one, "published")
    assert week(emil) == 1


@pytest.mark.parametrize("state", ["queued", "sending", "unconfirmed", "held", "failed", "cancelled", "skipped", "removed"])
def test_what_is_not_out_there_is_no_share_of_this_week(emil: User, state: str) -> None:
    bring(emil, state)
    assert week(emil) == 0


def test_what_went_out_before_this_week_is_over(emil: User) -> None:
    bring(emil, "published", published_at=now() - timedelta(days=8))
    assert week(emil) == 0


def test_a_share_by_hand_counts_from_the_persons_word_until_they_deleted_it(emil: User) -> None:
    made = hand_shares.begin(emil, post(), network="linkedin", language="en", click="hand")
    assert week(emil) == 0
    hand_shares.confirm(made, by=emil)
    assert week(emil) == 1
    hand_shares.deleted(emil, made.id)
    assert week(emil) == 0
