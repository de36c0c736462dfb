"""What came of a post: sums over everybody, exact, without names."""

from typing import Any

import pytest

from app.clock import now
from app.insights import results
from app.insights.results import Results
from app.sharing import hand_shares
from app.sharing.models import Delivery, ShortLink
from tests import rows
from tests.sharing.builders import plain_account, post, share

pytestmark = pytest.mark.usefixtures("db")


def published(delivery: Delivery, **counts: int) -> None:
    """It went out, and this is what the network counted."""
    delivery.state, delivery.remote_id, delivery.published_at, delivery.counts = "published", "1", now(), counts


def test_shares_clicks_and_counts_add_up(db: Any) -> None:
    one = post()
    for clicks, counts in ((3, {"likes": 2, "reposts": 1}), (4, {"likes": 5})):
        person = rows.emil()
        made = share(person, one, plain_account(person))
        db.flush()
        db.refresh(made, ["deliveries"])
        published(made.deliveries[0], **counts)
        db.flush()
        db.query(ShortLink).filter_by(delivery_id=made.deliveries[0].id).update({"clicks": clicks})
    person = rows.emil()
    by_hand = hand_shares.begin(person, one, network="x", language="en", click="c")
    hand_shares.confirm(by_hand, by=person)
    db.flush()
    assert results.of_posts([one.id])[one.id] == Results(shares=2, by_hand=1, clicks=7, likes=7, reposts=1, comments=0)


def test_what_has_not_left_does_not_count(db: Any) -> None:
    one, person = post(), rows.emil()
    share(person, one, plain_account(person))
    db.flush()
    assert results.of_posts([one.id])[one.id] == Results()
