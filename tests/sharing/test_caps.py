"""How much one person may publish on a network, and how far apart colleagues are."""

import pytest
from sqlalchemy import select

from app.audit.models import Event
from app.db import session
from app.errors import Invalid, Missing
from app.people.models import User
from app.sharing import caps
from app.sharing.caps import Cap
from tests import rows
from tests.sharing.builders import statements

pytestmark = pytest.mark.usefixtures("db")


@pytest.fixture
def ada() -> User:
    return rows.ada()


def test_every_network_has_a_safe_default_in_one_query() -> None:
    with statements() as said:
        found = caps.current()
    assert len([one for one in said if one.startswith("SELECT")]) == 1
    assert found["mastodon"] == Cap(per_hour=2, per_day=4, apart_minutes=12)
    assert all(1 <= cap.per_hour <= cap.per_day for cap in found.values())
    assert caps.default("a network of next year").per_day == 2


def test_an_admin_changes_it_and_the_trail_says_so(ada: User) -> None:
    caps.change("mastodon", Cap(1, 3, 30), by=ada.id)
    caps.change("mastodon", Cap(1, 3, 30), by=ada.id)
    session.flush()
    assert caps.current()["mastodon"] == Cap(1, 3, 30)
    [event] = session.scalars(select(Event).where(Event.verb == "caps changed"))
    assert (event.actor_id, event.facts["was"], event.facts["now"]) == (ada.id, "2 / 4 / 12 min", "1 / 3 / 30 min")


@pytest.mark.parametrize(
    ("cap", "field"),
    [
        (Cap(0, 2, 5), "per_hour"),
        (Cap(101, 200, 5), "per_hour"),
        (Cap(3, 2, 5), "per_day"),
        (Cap(1, 501, 5), "per_day"),
        (Cap(1, 2, -1), "apart_minutes"),
    ],
)
def test_numbers_that_cannot_be_are_refused(ada: User, cap: Cap, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        caps.change("mastodon", cap, by=ada.id)
    assert refused.value.field == field


def test_a_network_that_is_not_there_has_no_cap(ada: User) -> None:
    with pytest.raises(Missing):
        caps.change("myspace", Cap(1, 2, 5), by=ada.id)
