"""Two admins who leave in the same moment: one of them must stay."""

import threading
from typing import TYPE_CHECKING

import pytest

from app import db as database
from app.errors import Stale
from app.people import deactivation, roles
from app.people.models import User
from tests.people.builders import person

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


def leave_by_roles(user: User) -> None:
    roles.give(user.id, ["expert"], by=user)


def leave_for_good(user: User) -> None:
    deactivation.deactivate(user.id, by=user)


@pytest.mark.parametrize("first", [leave_by_roles, leave_for_good])
@pytest.mark.parametrize("second", [leave_by_roles, leave_for_good])
def test_of_two_who_leave_at_once_one_stays(committed: "Db", first: "Callable[[User], None]", second: "Callable[[User], None]") -> None:
    pair = [person(f"Ada {number}", email=f"ada{number}@x.example", roles=["admin"]) for number in range(2)]
    outcomes, start = [], threading.Barrier(2)

    def leave(user: User, verb: "Callable[[User], None]") -> None:
        start.wait()
        try:
            with database.transaction():
                verb(user)
            outcomes.append("left")
        except Stale:
            outcomes.append("stays")

    threads = [threading.Thread(target=leave, args=pair_of) for pair_of in zip(pair, (first, second), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["left", "stays"]
