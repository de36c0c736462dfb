"""The law of deliveries as the database keeps it, tried with plain SQL."""

import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from app.db import session
from app.sharing.models import Delivery
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import plain_account, post, share

pytestmark = pytest.mark.usefixtures("db")


def breaks(statement: str, constraint: str, **values: object) -> None:
    """The database refuses this statement by this constraint."""
    with pytest.raises(IntegrityError) as caught, session.begin_nested():
        session.execute(text(statement), values)
    assert constraint in str(caught.value)


def delivery() -> Delivery:
    emil = rows.emil()
    return builders.delivery(share(emil, post(), plain_account(emil)))


def test_published_has_a_remote_id() -> None:
    """Nothing is called published without the network's own id."""
    one = delivery()
    for state in ("published", "removed"):
        breaks("UPDATE deliveries SET state = :state WHERE id = :id", "ck_deliveries_remote_id", state=state, id=one.id)


def test_sending_has_a_lease() -> None:
    """Whoever sends holds the row, and says since when."""
    breaks("UPDATE deliveries SET state = 'sending' WHERE id = :id", "ck_deliveries_sending", id=delivery().id)


def test_states_are_known() -> None:
    """No state that the code does not know."""
    breaks("UPDATE deliveries SET state = 'maybe' WHERE id = :id", "ck_deliveries_state", id=delivery().id)


COPY = (
    "INSERT INTO deliveries SELECT (jsonb_populate_record(d, jsonb_build_object('id', :new, 'share_id', :share, 'account_id', :account))).*"
    " FROM deliveries d WHERE d.id = :id"
)


def test_one_live_delivery_per_post_and_account() -> None:
    """A second one for the same post and account, even from another click, is refused while the first lives."""
    one = delivery()
    emil = one.share.user
    other = share(emil, post(), plain_account(emil, host="b.example"))
    session.execute(text("UPDATE shares SET post_id = :post WHERE id = :id"), {"post": one.post_id, "id": share_of(other, one)})
    values = {"new": uuid.uuid4(), "share": other.id, "account": one.account_id, "id": one.id}
    breaks(COPY, "uq_deliveries_post_account", **values)
    session.execute(text("UPDATE deliveries SET state = 'cancelled' WHERE id = :id"), {"id": one.id})
    session.execute(text(COPY), values)


def share_of(other: object, one: Delivery) -> object:
    """The share, freed of its own delivery so that its post may change."""
    session.execute(text("DELETE FROM short_links WHERE delivery_id IN (SELECT id FROM deliveries WHERE share_id = :id)"), {"id": other.id})  # type: ignore[attr-defined]
    session.execute(text("DELETE FROM deliveries WHERE share_id = :id"), {"id": other.id})  # type: ignore[attr-defined]
    return other.id  # type: ignore[attr-defined]


def test_one_delivery_per_share_and_account() -> None:
    """Even when the first is over."""
    one = delivery()
    session.execute(text("UPDATE deliveries SET state = 'cancelled' WHERE id = :id"), {"id": one.id})
    breaks(COPY, "uq_deliveries_share_id", new=uuid.uuid4(), share=one.share_id, account=one.account_id, id=one.id)


def test_only_one_s_own_account() -> None:
    """A delivery on a colleague's account cannot be stored."""
    one, theirs = delivery(), plain_account(rows.edda())
    breaks("UPDATE deliveries SET account_id = :account WHERE id = :id", "account_id", account=theirs.id, id=one.id)


def test_only_one_s_own_share() -> None:
    """Nor one in a colleague's share."""
    one, edda = delivery(), rows.edda()
    breaks("UPDATE deliveries SET user_id = :user WHERE id = :id", "fk_deliveries", user=edda.id, id=one.id)


def test_a_click_is_stored_once() -> None:
    """One person, one click, one share."""
    one = delivery().share
    breaks(
        "INSERT INTO shares (id, user_id, post_id, click, language, words, created_at)"
        " SELECT :new, user_id, post_id, click, language, words, created_at FROM shares WHERE id = :id",
        "uq_shares_user_id",
        new=uuid.uuid4(),
        id=one.id,
    )


def test_tokens_go_with_the_connection() -> None:
    """Connected has tokens, disconnected has none."""
    account = plain_account(rows.emil())
    breaks("UPDATE connected_accounts SET tokens = NULL WHERE id = :id", "ck_connected_accounts_tokens", id=account.id)
    breaks("UPDATE connected_accounts SET state = 'disconnected' WHERE id = :id", "ck_connected_accounts_tokens", id=account.id)


def test_one_person_per_remote_account() -> None:
    """Two people cannot both be connected as the same remote account."""
    mine, theirs = plain_account(rows.emil()), plain_account(rows.edda())
    breaks(
        "UPDATE connected_accounts SET remote_id = :remote WHERE id = :id",
        "uq_connected_accounts_remote",
        remote=mine.remote_id,
        id=theirs.id,
    )


def test_attempts_are_numbered_once() -> None:
    """Two workers cannot both have made the same attempt."""
    one = delivery()
    insert = "INSERT INTO attempts (id, delivery_id, number, payload_hash, worker, started_at) VALUES (:id, :delivery, 1, 'h', 'w', now())"
    session.execute(text(insert), {"id": uuid.uuid4(), "delivery": one.id})
    breaks(insert, "uq_attempts_delivery_id", id=uuid.uuid4(), delivery=one.id)
