"""What waited and was left to us keeps its distance when it goes on, says why, and asks its owner when there is no room."""

import itertools
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from app.clock import now
from app.db import session, transaction
from app.editorial.models import Post
from app.people.models import User
from app.sharing import caps, going_on, holding, minutes, neighbours, stopping, stops, switches, timing
from app.sharing.caps import Cap
from app.sharing.models import Priority
from app.sharing.neighbours import Neighbours
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, look, plain_account, share
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("committed", "app")

APART = caps.default("mastodon").apart_minutes * 60
WHY = {"zone": "Europe/Berlin", "days": [1, 2], "from_minute": 540, "until_minute": 1020, "own": True, "near": None}


def post() -> uuid.UUID:
    with transaction():
        return builders.post().id


def planned(on: uuid.UUID, count: int = 1, *, state: str = "queued", known: dict[str, Any] | None = None, **facts: Any) -> list[uuid.UUID]:
    """So many people left the minute of this post to us, and it is over; committed."""
    plain = {"priority": Priority.SPREAD.value, "due_at": later(minutes=-10), "latest_at": later(hours=10)}
    plain["timing"] = {**WHY, "apart": APART, "distance": APART} | (known or {})
    with transaction():
        made = [share(emil := rows.emil(), session.get_one(Post, on), plain_account(emil)) for _ in range(count)]
        for row in (found := [builders.delivery(each) for each in made]):
            builders.force(row, state, **{**plain, **facts})
        return [row.id for row in found]


def stop() -> uuid.UUID:
    with transaction():
        made = stops.stop(rows.ravi(), scope="everything", reason="A break.").id
    stopping.run()
    return made


def resume(stop_id: uuid.UUID) -> None:
    with transaction():
        stops.resume(rows.ada(), stop_id)
    stopping.run()


def moments(ids: list[uuid.UUID]) -> list[datetime]:
    return sorted(look(one).due_at for one in ids)


def narrowest(found: list[datetime]) -> float:
    return min((b - a).total_seconds() for a, b in itertools.pairwise(sorted(found)))


def test_colleagues_with_the_same_post_are_apart_after_a_stop() -> None:
    """Also from one that keeps its minute, and from one that has just left; another post needs no distance from it."""
    here, there = post(), post()
    [ahead] = planned(here, due_at=(minute := later(minutes=40)))
    [gone] = planned(here, state="published", sent_at=later(minutes=-3))
    waited, other = planned(here, 5), planned(there)
    resume(stop())
    around = [*moments([*waited, ahead]), look(gone).sent_at or now()]
    assert narrowest(around) >= APART
    assert look(ahead).due_at == minute < max(moments(waited))
    assert max(moments(other)) < later(minutes=2)
    assert {look(one).state for one in waited} == {"queued"}


def test_what_somebody_waits_for_leaves_soon_and_is_kept_apart_from() -> None:
    here = post()
    waited = planned(here, 2)
    [clicked] = planned(here, priority=Priority.WAITED_FOR.value, timing=None)
    resume(stop())
    assert look(clicked).due_at < later(minutes=1)
    assert narrowest(moments([clicked, *waited])) >= APART
    assert look(clicked).timing is None


def test_the_distance_holds_from_batch_to_batch() -> None:
    here = post()
    waited = planned(here, 7)
    stop_id = stop()
    with transaction():
        stops.resume(rows.ada(), stop_id)
    for _turn in range(4):
        with transaction():
            stopping.release_resumed(2)
    assert narrowest(moments(waited)) >= APART


def test_who_has_no_room_in_time_is_left_out_and_asked() -> None:
    here = post()
    waited = planned(here, 5, latest_at=later(seconds=APART * 2.7))
    resume(stop())
    states = [look(one).state for one in waited]
    assert sorted(states) == ["queued", "queued", "queued", "skipped", "skipped"]
    assert states.index("skipped") == 3
    row = look(waited[4])
    assert (row.problem, builders.notices(row.user_id)) == ("too_late", ["delivery_skipped"])
    assert all(look(one).due_at <= look(one).latest_at for one in waited[:3])


def test_a_crowd_keeps_the_distance_it_had_and_comes_closer_rather_than_too_late() -> None:
    here, crowd = post(), {"distance": 40}
    waited = planned(here, 8, known=crowd, latest_at=later(seconds=260))
    resume(stop())
    assert {look(one).state for one in waited} == {"queued"}
    assert neighbours.NEAREST <= narrowest(moments(waited)) < 40
    kept = [(look(one).timing or {})["distance"] for one in waited]
    assert max(kept) == 40
    assert min(kept) >= neighbours.NEAREST


def test_its_page_says_why_it_has_another_minute(app: Flask) -> None:
    here = post()
    first, second = planned(here, 2)
    before = look(second).due_at
    resume(stop())
    row = look(second)
    assert row.problem == going_on.KEPT_APART
    known = row.timing or {}
    assert known["moved_from"] == before.isoformat()
    assert abs(datetime.fromisoformat(known["near"]) - look(first).due_at) < timedelta(seconds=1)
    with app.test_request_context():
        said = timing.why(row)
    assert said[0].startswith("It was planned for ")
    assert "A colleague shares the same post there" in said[1]
    assert said[2] == "Colleagues with the same post are at least 12 minutes apart."
    page = browser(app, session.get_one(User, row.user_id)).get("/shares").text
    assert "It had to wait, and got another minute, apart from colleagues with the same post." in page
    assert "never on a round minute" not in page


def test_moved_twice_it_still_says_for_when_it_was_planned() -> None:
    [one] = planned(post(), due_at=(first := later(minutes=-5)))
    resume(stop())
    builders.plan(one, later(minutes=-1))
    resume(stop())
    assert (look(one).timing or {})["moved_from"] == first.isoformat()


def test_what_is_planned_ahead_keeps_its_minute_and_its_reasons() -> None:
    [one] = planned(post(), due_at=(ahead := later(hours=3)))
    reasons = look(one).timing
    resume(stop())
    assert (look(one).due_at, look(one).timing, look(one).problem) == (ahead, reasons, None)


def test_a_network_that_is_on_again_lets_them_go_apart() -> None:
    here = post()
    waited = planned(here, 3, state="held", problem="network_off")
    [clicked] = planned(here, state="held", problem="network_off", priority=Priority.WAITED_FOR.value)
    with transaction():
        ada = rows.ada().id
        switches.turn("mastodon", on=False, by=ada)
    with transaction():
        switches.turn("mastodon", on=True, by=ada)
    assert (look(clicked).state, {look(one).problem for one in waited}) == ("queued", {holding.TURN})
    stopping.run()
    assert {look(one).state for one in waited} == {"queued"}
    assert narrowest(moments([clicked, *waited])) >= APART


def test_an_account_that_is_connected_again_takes_its_turn_too(app: Flask) -> None:
    here = post()
    [ahead] = planned(here, due_at=later(minutes=2))
    [one] = planned(here, state="held", problem="token_invalid")
    with transaction():
        holding.release(account_ids=[look(one).account_id], now=now())
    row = look(one)
    assert (row.state, row.problem) == ("held", holding.TURN)
    page = browser(app, session.get_one(User, row.user_id)).get("/shares").text
    assert "It gets another minute in a moment, apart from colleagues with the same post." in page
    with transaction():
        assert session.scalar(select(stopping.anything_due(now())))
    stopping.run()
    assert look(one).state == "queued"
    assert narrowest(moments([one, ahead])) >= APART


def test_a_stop_holds_what_waits_for_its_turn() -> None:
    [one] = planned(post(), state="held", problem=holding.TURN)
    stop_id = stop()
    assert look(one).state == "held"
    resume(stop_id)
    assert look(one).state == "queued"


def test_while_somebody_chooses_a_minute_there_it_waits_for_the_next_turn() -> None:
    here, there = post(), post()
    [one], [other] = planned(here, state="held", problem=holding.TURN), planned(there, state="held", problem=holding.TURN)
    with transaction():
        assert minutes.my_turns([(here, "mastodon")]) == [(here, "mastodon")]
        builders.at_once(1, lambda _: stopping.run())
    assert (look(one).state, look(other).state) == ("held", "queued")
    stopping.run()
    assert look(one).state == "queued"


def test_more_posts_than_a_turn_takes_go_on_in_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "MOST", 2)
    ids = [one for _ in range(5) for one in planned(post(), state="held", problem=holding.TURN)]
    stopping.run()
    assert {look(one).state for one in ids} == {"queued"}


def test_bounded_statements() -> None:
    """However many posts and people: some more for a batch, none for each row."""
    said = []
    for posts, people in ((1, 1), (3, 6)):
        ids = [one for _ in range(posts) for one in planned(post(), people, state="held", problem=holding.TURN)]
        with builders.statements() as asked, transaction():
            assert stopping.release_resumed(2000) == len(ids)
        said.append(len(asked))
    assert said[0] == said[1] <= 12


@given(
    taken=st.lists(st.integers(0, 10_000), max_size=30),
    distance=st.sampled_from([0.0, 7.0, 300.0, 1200.0]),
    starts=st.lists(st.integers(0, 9_000), min_size=1, max_size=20),
    sway=st.floats(0, 1),
)
def test_nobody_comes_nearer_than_the_distance(taken: list[int], distance: float, starts: list[int], sway: float) -> None:
    somebody, me = uuid.uuid4(), uuid.uuid4()
    around = Neighbours((one, somebody) for one in taken)
    there: list[float] = [*taken]
    for start in sorted(starts):
        found = around.find(me, start=start, end=10_000, distances=[distance], sway=sway)
        if found is None:
            continue
        assert start <= found.moment <= 10_000
        assert all(abs(found.moment - one) > distance - 1e-6 for one in there)
        assert not taken or abs((found.near or 0) - found.moment) == min(abs(one - found.moment) for one in taken)
        there.append(found.moment)


def test_the_first_gap_is_taken() -> None:
    around = Neighbours([(100.0, uuid.uuid4()), (160.0, uuid.uuid4()), (300.0, uuid.uuid4())])
    found = around.find(uuid.uuid4(), start=90, end=1000, distances=[50.0], sway=0)
    assert found is not None
    assert 210 <= found.moment < 211


def test_distances() -> None:
    cap = Cap(1, 2, apart_minutes=10)
    assert neighbours.distances(None, cap) == [600]
    assert neighbours.distances({"apart": 300, "distance": 300}, cap) == [600]
    assert neighbours.distances({"apart": 1200, "distance": 9}, cap) == [9, 4.5, 2.25]
    assert neighbours.distances({"apart": 1200, "distance": 900}, cap)[0] == 600
    assert neighbours.distances({"apart": 1200, "distance": 1}, cap) == [1]
