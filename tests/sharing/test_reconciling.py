"""Looking for what nobody knows about, when only the words tell posts apart."""

import uuid

import pytest

from app.db import session, transaction
from app.people.models import User
from app.sharing import dispatching
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, run_until

pytestmark = pytest.mark.usefixtures("committed")


def sent(control: Control, *, before: uuid.UUID | None = None) -> uuid.UUID:
    """The same words without a link, once more from the account of the one before."""
    with transaction():
        emil = session.get_one(User, look(before).user_id) if before else rows.emil()
        account = session.get_one(ConnectedAccount, look(before).account_id) if before else builders.account(emil, control)
        made = builders.delivery(builders.share(emil, builders.post(link=False), account)).id
    dispatching.run()
    return made


def as_if_sent(delivery_id: uuid.UUID, *, hours: float) -> None:
    """By a clock that was wrong, or long ago."""
    with transaction():
        session.get_one(Delivery, delivery_id).sent_at = later(hours=hours)


def test_sent_by_a_clock_that_was_ahead(control: Control) -> None:
    """The network says that it was made before we sent it: that proves nothing, and nothing is sent again."""
    control.fault("drop_after")
    delivery_id = sent(control)
    as_if_sent(delivery_id, hours=1)
    for minutes in (70, 70, 100):
        run_until(later(minutes=minutes))
    found = look(delivery_id)
    assert (found.state, found.looks, control.creates()) == ("unconfirmed", 3, 1)
    assert builders.notices(found.user_id) == ["delivery_unconfirmed"]


def test_what_was_shared_long_ago_in_the_same_words_is_no_doubt(control: Control) -> None:
    """We know whose post that is, however old it is."""
    first = sent(control)
    as_if_sent(first, hours=-2)
    control.fault("drop_before")
    second = sent(control, before=first)
    as_if_sent(second, hours=0.2)
    run_until(later(minutes=14))
    assert (look(second).state, control.creates(), len(control.statuses())) == ("published", 3, 2)
