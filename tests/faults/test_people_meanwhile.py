"""What people do in the middle of sending: what is on its way is finished and counted, and nothing more leaves."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest

from app.clock import now
from app.db import on_commit, session, transaction
from app.editorial import posts
from app.editorial.models import Post
from app.people import deactivation
from app.people.models import User
from app.sharing import accounts, revoking, stops
from app.sharing.stop_models import Scope
from tests import rows
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import SHARES, Storm, all_out, sound


def disconnect(storm: Storm) -> list[uuid.UUID]:
    """A third of the people take their accounts away, and their tokens are revoked."""
    for user_id, account_id in list(zip(storm.users, storm.accounts, strict=True))[::3]:
        with transaction():
            farewell = accounts.disconnect(session.get_one(User, user_id), account_id)
            assert farewell
            on_commit(partial(revoking.revoke_beside, farewell))
    return of(storm, "account_id", storm.accounts[::3])


def deactivate(storm: Storm) -> list[uuid.UUID]:
    """A third of the people leave."""
    for user_id in storm.users[::3]:
        with transaction():
            deactivation.deactivate(user_id, by=rows.ada())
    return of(storm, "user_id", storm.users[::3])


def withdraw(storm: Storm) -> list[uuid.UUID]:
    """One of the posts is taken back."""
    with transaction():
        posts.withdraw(session.get_one(Post, storm.posts[0]), rows.ravi(), reason="A wrong figure")
    return of(storm, "post_id", storm.posts[:1])


def of(storm: Storm, column: str, values: list[uuid.UUID]) -> list[uuid.UUID]:
    """The storm's deliveries of these."""
    found = f"SELECT id FROM deliveries WHERE id = ANY (%(ids)s) AND {column} = ANY (%(values)s)"
    return [row[0] for row in storm.ground.ask(found, {"ids": storm.ids, "values": values})]


@pytest.mark.parametrize(("act", "state"), [(disconnect, "cancelled"), (deactivate, "cancelled"), (withdraw, "skipped")])
def test_taken_away(ground: Ground, act: Callable[[Storm], list[uuid.UUID]], state: str) -> None:
    """An account, a person, a post: what has not left stays, what was on its way is told apart, everybody else's goes out."""
    ground.judge.fault("slow", seconds=0.5, times=None)
    storm = Storm(ground, Crowd(ground), SHARES, over=6).going(0.1)
    theirs = act(storm)
    moment = now()
    verdict = storm.settle()
    sound(verdict)
    states = "SELECT DISTINCT state FROM deliveries WHERE id = ANY (%(ids)s)"
    assert {row[0] for row in ground.ask(states, {"ids": theirs})} == {"published", state}
    assert {row[0] for row in ground.ask(states, {"ids": list(set(storm.ids) - set(theirs))})} == {"published"}
    assert begun_after(storm, theirs, moment) == 0


def test_stopped_and_resumed(ground: Ground, crowd: Crowd) -> None:
    """The admin presses stop: nothing becomes `sending` any more, the rest is held; resumed, all of it goes out."""
    ground.judge.fault("slow", seconds=0.5, times=None)
    storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
    with transaction():
        ada = rows.ada()
        stop, admin = stops.stop(ada, scope=Scope.EVERYTHING.value, reason="A wrong figure in every post").id, ada.id
    moment = now()
    storm.until(lambda found: not found["queued"] + found["sending"] + found["unconfirmed"])
    held = storm.states()["held"]
    assert held
    assert begun_after(storm, storm.ids, moment) == 0
    with transaction():
        stops.resume(session.get_one(User, admin), stop)
    storm.until(lambda found: not found["held"])
    hasten(storm)
    all_out(storm.settle())


def hasten(storm: Storm) -> None:
    """What was spread after the stop need not be waited for here."""
    storm.ground.sql("UPDATE deliveries SET due_at = least(due_at, now()) WHERE state = 'queued' AND problem IS NOT NULL")


def begun_after(storm: Storm, ids: list[uuid.UUID], moment: object) -> int:
    """How many of these were begun after a moment (a second is left to what was just being marked)."""
    later = "SELECT count(*)::int FROM attempts WHERE delivery_id = ANY (%(ids)s) AND started_at > %(moment)s::timestamptz + %(spare)s"
    return int(storm.ground.ask(later, {"ids": ids, "moment": moment, "spare": timedelta(seconds=1)})[0][0])
