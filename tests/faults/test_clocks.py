"""Clocks that step, the workers' and PostgreSQL's own, and both nights in which an hour is missing or comes twice."""

import time
import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from app.clock import now
from app.db import session, transaction
from app.editorial.models import Post
from app.people.models import User
from app.sharing import hours, shares
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery
from tests import rows
from tests.faults import breaking, owners
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.haste import HASTE
from tests.faults.storm import SHARES, Storm, all_out, sound

BERLIN = ZoneInfo("Europe/Berlin")


def test_the_clocks_of_the_workers_step(ground: Ground, crowd: Crowd) -> None:
    """An hour forwards, two back: what is due leaves at once, and what is planned for later does not leave before."""
    planned = Storm(ground, crowd, 9, delay=1800)
    storm = Storm(ground, crowd, SHARES, over=8).going(0.1)
    for step in (3600, -3600):
        ground.clock.write_text(str(step))
        time.sleep(2)
    all_out(storm.settle())
    assert planned.states() == {"queued": 9}
    assert planned.verdict().posts == 0


@pytest.mark.parametrize("step", ["1 hour", "-1 hour"])
def test_the_clock_of_the_database_steps(ground: Ground, crowd: Crowd, step: str) -> None:
    """With rows of a killed worker in between, and with pictures that are refused: nobody takes a lease for ended that is not, no next try
    waits for an hour, and all goes on afterwards.
    """
    with breaking.steppable_clock(ground):
        ground.judge.fault("slow", seconds=1, times=None)
        storm = Storm(ground, crowd, SHARES, over=8).going(0.1)
        breaking.set_clock(ground, step)
        ground.judge.calm()
        ground.judge.fault("status", status=503, method="POST", path="/api/v2/media", times=20)
        ground.judge.fault("slow", seconds=1, times=None)
        ground.end("worker-1")
        ground.start_worker("worker-1")
        time.sleep(5)
        breaking.set_clock(ground, "0")
        ground.judge.calm()
        verdict = storm.settle(asked=True)
        sound(verdict)
        assert set(verdict.states) <= {"published", "unconfirmed"}, verdict
        again = ground.ask("SELECT count(*)::int FROM deliveries WHERE id = ANY (%(ids)s) AND tries > 0", {"ids": storm.ids})
        assert again != [(0,)] or step == "-1 hour", "an hour ago next to nothing is due"


def test_the_clock_of_the_database_steps_while_all_of_it_is_under_way(ground: Ground, crowd: Crowd) -> None:
    """Workers that have seen the clock run evenly for long, and have nothing else to take: the first to see the step takes no request for
    ended that is not.
    """
    with breaking.steppable_clock(ground):
        time.sleep(HASTE.sending + 2)
        ground.judge.fault("slow", seconds=3, times=None)
        storm = Storm(ground, crowd, 16, each=1)  # no more than can be under way at once
        storm.until(lambda found: found["sending"] == 16)
        breaking.set_clock(ground, "1 hour")
        storm.settle()
        time.sleep(HASTE.sending)
        verdict = storm.verdict()
        all_out(verdict)
        assert not verdict.unconfirmed
        breaking.set_clock(ground, "0")


def test_the_clock_of_the_database_goes_back_for_good(ground: Ground, crowd: Crowd) -> None:
    """What was about to leave waits for its minute again, and holds up nobody: long after, workers still take what is due."""
    with breaking.steppable_clock(ground):
        storm = Storm(ground, crowd, SHARES, over=8).going(0.1)
        breaking.set_clock(ground, "-1 hour")
        time.sleep(HASTE.round + 2)
        assert storm.states()["queued"]
        all_out(Storm(ground, crowd, SHARES, over=1, delay=-3600).settle(seconds=60))
        breaking.set_clock(ground, "0")
        all_out(storm.settle())


def test_the_database_is_an_hour_ahead_of_the_network(ground: Ground, crowd: Crowd) -> None:
    """What was made unseen, or by workers that were killed, cannot be told from older posts: nothing is sent again, and the owners know."""
    with breaking.steppable_clock(ground):
        breaking.set_clock(ground, "1 hour")
        storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
        ground.judge.fault("drop_after", times=100)
        storm.until(lambda found: found["unconfirmed"] >= 50)
        ground.judge.fault("slow", seconds=2, times=None)
        for worker in ("worker-1", "worker-2"):
            ground.end(worker)
        ground.judge.calm()
        ground.full_crew()
        verdict = storm.settle(asked=True)
        assert not verdict.doubled, verdict
        assert not verdict.lost, verdict
        assert verdict.states.get("unconfirmed"), verdict
        ground.wait(lambda: owners.answer(ground, storm.ids) == storm.states()["unconfirmed"] == 0, "the answers of all owners")
        all_out(storm.settle())


def nights() -> list[date]:
    """The next two days on which Berlin's clocks are changed."""
    days = [now().date() + timedelta(days=number) for number in range(3, 400)]
    noons = [datetime(day.year, day.month, day.day, 12, tzinfo=BERLIN) for day in days]
    return [after.date() for before, after in pairwise(noons) if before.utcoffset() != after.utcoffset()][:2]


@pytest.mark.parametrize("night", nights(), ids=["the next", "the one after"])
def test_a_night_with_another_hour(ground: Ground, night: date) -> None:
    """Planned for every half hour of the wall clock, the missing one and the doubled one included, and left to us: each leaves once.

    With each of them leaves a part of a storm.
    """
    start = datetime(night.year, night.month, night.day, tzinfo=BERLIN).astimezone(UTC)
    crowd = Crowd(ground)
    with breaking.steppable_clock(ground):
        turn_to(ground, start)
        chosen = planned(crowd, night, start)
        tomorrow = start + timedelta(days=1)  # until each has its minute
        storm = Storm(ground, crowd, SHARES, delay=(tomorrow - now()).total_seconds())
        due = chosen | along(storm, sorted(set(chosen.values())))
        for moment in sorted(set(due.values())):
            turn_to(ground, moment)
            expected = [one for one, at in due.items() if at <= moment]
            ground.wait(lambda: published(ground, expected) == len(expected), f"all that is due by {moment}")  # noqa: B023
        all_out(storm.verdict())
    begun = ground.ask("SELECT delivery_id, started_at FROM attempts WHERE delivery_id = ANY (%(ids)s)", {"ids": list(due)})
    assert sorted(one for one, _ in begun) == sorted(due)
    for delivery, at in begun:
        assert due[delivery] - timedelta(seconds=2) <= at <= due[delivery] + timedelta(minutes=1), "the clock is turned to every minute"
    posted = [uuid.UUID(one["idempotency_key"].partition(":")[0]) for one in ground.judge.posts()]
    assert sorted(one for one in posted if one in due) == sorted(due)


def along(storm: Storm, moments: list[datetime]) -> dict[uuid.UUID, datetime]:
    """The storm's shares are due in these moments, in turn; when each is."""
    due = {one: moments[number % len(moments)] for number, one in enumerate(storm.ids)}
    with transaction():
        rows = [{"id": one, "due_at": at, "latest_at": at + timedelta(hours=4)} for one, at in due.items()]
        session.execute(update(Delivery), rows)
        window = {"share_from": moments[0] - timedelta(hours=1), "share_until": moments[-1] + timedelta(hours=6)}
        session.execute(update(Post).where(Post.id.in_(storm.posts)).values(window))
    return due


def published(ground: Ground, ids: list[uuid.UUID]) -> int:
    """How many of these are out."""
    return int(ground.ask("SELECT count(*) FROM deliveries WHERE id = ANY (%(ids)s) AND state = 'published'", {"ids": ids})[0][0])


def turn_to(ground: Ground, moment: datetime) -> None:
    """All clocks stand at this moment, and run on from there."""
    away = (moment - now()).total_seconds()
    ground.clock.write_text(str(away))
    breaking.set_clock(ground, f"{away} seconds")


def planned(crowd: Crowd, night: date, start: datetime) -> dict[uuid.UUID, datetime]:
    """When each of these is due: ten people who chose a time on the clock of their wall, ten who leave it to us."""
    found: dict[uuid.UUID, datetime] = {}
    for number, (user_id, account_id) in enumerate(crowd.prepare(20)):
        with transaction():
            user, account = session.get_one(User, user_id), session.get_one(ConnectedAccount, account_id)
            post = rows.post(rows.edda(), rows.ravi())
            post.share_from, post.share_until = start - timedelta(hours=1), start + timedelta(hours=6)
            one = _left_to_us(user, account, post, start) if number % 2 else _at(user, account, post, night, number // 2, start)
            found[one.id] = one.due_at
    return found


def _at(user: User, account: ConnectedAccount, post: Post, night: date, turn: int, start: datetime) -> Delivery:
    """From half past midnight to half past four, and half past two once more."""
    wall = datetime(night.year, night.month, night.day, 0, 30, tzinfo=BERLIN) + timedelta(minutes=30 * min(turn, 8))
    wall = wall.replace(hour=2, minute=30, fold=1) if turn == 9 else wall
    made = shares.share(user, post, accounts=[account], click=uuid.uuid4().hex, language="en", at=wall.astimezone(UTC), now=start)
    session.flush()
    return made.deliveries[0]


def _left_to_us(user: User, account: ConnectedAccount, post: Post, start: datetime) -> Delivery:
    """In hours of their own that hold the very hour."""
    hours.choose(user, days=range(1, 8), from_minute=90, until_minute=210, on_days_off=True)
    made = shares.share(user, post, accounts=[account], click=uuid.uuid4().hex, language="en", left_to_us=True, now=start)
    session.flush()
    delivery = made.deliveries[0]
    local = delivery.due_at.astimezone(BERLIN)
    assert 90 <= local.hour * 60 + local.minute <= 210
    return delivery
