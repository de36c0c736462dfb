"""The rate governor: never over a limit, nearly all of it used, and what a network says about waiting is kept."""

import heapq
import uuid
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import config
from app import clock
from app.networks.base import Budget, Rate, RateLimited
from app.sharing import governor, ledger_clock, meters
from app.sharing.governor import Ask
from tests.sharing.metered import HOST, START, Judge, allowing, ask

EMIL, EDDA = uuid.uuid4(), uuid.uuid4()


@pytest.fixture(autouse=True)
def _empty(db: Any) -> None:
    meters.wake_up()


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def admitted(asks: list[Ask], seconds: float) -> int:
    return len(asks) - len(governor.admit(asks, now=after(seconds)))


def waits(asks: list[Ask], seconds: float) -> list[float]:
    """How long those who wait have to, in seconds, in the order of the asks."""
    found = governor.admit(asks, now=after(seconds))
    return [(found[one.id] - after(seconds)).total_seconds() for one in asks if one.id in found]


def test_so_many_at_once_and_then_no_more_until_the_window_is_over() -> None:
    with allowing(account=Rate(5, 60)):
        assert admitted([ask(EMIL) for _ in range(8)], 0) == 5
        assert admitted([ask(EMIL)], 30) == 0
        assert admitted([ask(EMIL)], 60) == 0, "a rolling window is not over before its place has gone"
        assert admitted([ask(EMIL) for _ in range(8)], 62.5) == 5


def test_who_waits_comes_back_one_after_the_other_as_places_come_free() -> None:
    with allowing(instance=Rate(60, 60)):
        first, second = waits([ask() for _ in range(80)], 0), waits([ask() for _ in range(20)], 1)
    assert first[0] == pytest.approx(62.4, abs=0.7)
    steps = [later - earlier for earlier, later in pairwise(first)]
    assert steps == pytest.approx([62.4 / 60] * 19, abs=0.01)
    assert second[0] + 1 == pytest.approx(first[-1] + 62.4 / 60, abs=0.01), "a second round stands behind the first"


def test_scopes_are_independent() -> None:
    with allowing(account=Rate(2, 60), instance=Rate(3, 60), app=Rate(4, 60)):
        assert admitted([ask(EMIL) for _ in range(3)], 0) == 2, "his account"
        assert admitted([ask(), ask()], 0) == 1, "the server"
        assert admitted([ask(host="other.example"), ask(host="other.example")], 0) == 1, "the application"
        assert admitted([ask(network="practice", host="127.0.0.1:8123")], 0) == 1, "another network"


def test_whoever_is_used_up_takes_no_place_of_the_others() -> None:
    """Emil has ten posts and one place: the other nine neither use up the server's limit nor stand in its queue."""
    with allowing(account=Rate(1, 60), instance=Rate(5, 60)):
        emils = [ask(EMIL) for _ in range(10)]
        assert admitted([*emils, *(ask() for _ in range(4))], 0) == 1 + 4
        assert waits([ask()], 0)[0] < 63, "first in the queue of the server"


def test_whoever_waits_for_their_own_account_does_not_stand_in_the_queue_of_the_server() -> None:
    with allowing(account=Rate(1, 600), instance=Rate(5, 60)):
        assert admitted([ask(EMIL), *(ask() for _ in range(4))], 0) == 5
        assert min(waits([ask(EMIL) for _ in range(9)], 0)) > 600
        assert waits([ask()], 0)[0] < 63


def test_a_caller_whose_moment_is_old_frees_nothing_too_early() -> None:
    with allowing(account=Rate(2, 60)):
        assert admitted([ask(EMIL)], 50) + admitted([ask(EMIL)], 0) == 2
        assert admitted([ask(EMIL)], 100) == 0, "both count from 50 on"
        assert admitted([ask(EMIL), ask(EMIL)], 113) == 2


def test_all_rates_of_a_scope_hold() -> None:
    with allowing(account=(Rate(2, 10), Rate(3, 100))):
        assert admitted([ask(EMIL) for _ in range(3)], 0) == 2
        assert admitted([ask(EMIL) for _ in range(3)], 11) == 1
        assert admitted([ask(EMIL)], 30) == 0
        assert admitted([ask(EMIL) for _ in range(3)], 105) == 2


def test_pictures_have_limits_of_their_own_and_are_calls() -> None:
    with allowing(uploads=Rate(4, 60, "uploads"), instance=Rate(20, 60, "calls")):
        assert admitted([ask(EMIL, pictures=3), ask(EMIL, pictures=2), ask(EMIL)], 0) == 2
        assert admitted([ask() for _ in range(20)], 0) == 20 - (1 + 2 * 3) - 1
    with allowing(uploads=Rate(2, 60, "uploads")):
        assert admitted([ask(EDDA, pictures=4)], 0) == 1, "more than ever fits goes alone"


def test_given_back_is_free_again() -> None:
    with allowing(account=Rate(1, 60)):
        mine = ask(EMIL)
        assert admitted([mine], 0) == 1
        governor.give_back([mine], now=after(1))
        assert admitted([ask(EMIL), ask(EMIL)], 1) == 1


def test_giving_back_frees_no_place_before_its_time() -> None:
    with allowing(account=Rate(2, 100)):
        early = ask(EMIL)
        assert admitted([early], 0) + admitted([ask(EMIL)], 50) == 2
        governor.give_back([early], now=after(51))
        assert admitted([ask(EMIL), ask(EMIL)], 52) == 1
        assert admitted([ask(EMIL)], 110) == 0, "what was sent at 50 counts until 150"


def told(scope: Any, seconds: float, *, said: bool = True, by: Ask | None = None, at: float = 0) -> None:
    governor.pause(by or ask(EMIL), RateLimited(after(at + seconds), scope, "Too many requests", said=said), now=after(at))


@pytest.mark.parametrize(
    ("scope", "held"),
    [("user", {"emil"}), ("instance", {"emil", "edda"}), ("app", {"emil", "edda", "elsewhere"}), ("uploads", set())],
)
def test_a_pause_holds_exactly_the_scope_that_it_speaks_of(scope: str, held: set[str]) -> None:
    told(scope, 90)
    asks = {"emil": ask(EMIL), "edda": ask(EDDA), "elsewhere": ask(EDDA, host="other.example"), "other": ask(network="practice")}
    found = governor.admit(list(asks.values()), now=after(89))
    assert {name for name, one in asks.items() if one.id in found} == held
    assert all(moment >= after(90) for moment in found.values())
    assert admitted([*asks.values()], 91) == 4


def test_a_pause_of_uploads_holds_who_has_pictures() -> None:
    told("uploads", 90)
    assert (admitted([ask(EMIL, pictures=1)], 1), admitted([ask(EMIL)], 1)) == (0, 1)


def test_the_later_end_of_two_pauses_counts() -> None:
    told("instance", 300)
    told("instance", 30, at=1)
    assert admitted([ask()], 290) == 0
    assert [one.until for one in governor.paused(after(2))] == [after(300)]
    assert admitted([ask()], 301) == 1


def test_after_a_pause_not_all_come_back_at_once() -> None:
    with allowing(instance=Rate(10, 100)):
        told("instance", 50)
        found = waits([ask() for _ in range(5)], 0)
    assert found == pytest.approx([50 + number * 10.4 for number in range(5)], abs=0.1)


def test_a_wait_that_nobody_has_named_grows_while_the_network_refuses() -> None:
    """Five minutes, ten, twenty, forty, an hour at most; refusals of the same time are one; after a quiet time it begins anew."""
    lengths, at = [], 0.0
    for _ in range(6):
        for later in (0.0, 0.5, 1.0):
            told("user", 300, said=False, at=at + later)
        [held] = governor.paused(after(at + 2))
        lengths.append((held.until - after(at)).total_seconds())
        at = (held.until - START).total_seconds() + 1
    assert lengths == pytest.approx([300, 600, 1200, 2400, 3600, 3600], abs=1)
    told("user", 300, said=False, at=at + 4000)
    assert governor.paused(after(at + 4001))[0].until == after(at + 4300)


def test_what_is_paused_can_be_read() -> None:
    told("user", 90, by=ask(EMIL, host="127.0.0.1:8123", network="practice"))
    told("app", 60)
    told("instance", -5)
    found = [(one.scope, one.network, one.host, one.account_id, one.until, one.reason) for one in governor.paused(after(1))]
    assert found == [
        ("user", "practice", "127.0.0.1:8123", EMIL, after(90), "Too many requests"),
        ("app", "mastodon", "", None, after(60), "Too many requests"),
    ]


def test_an_answer_that_says_nothing_is_left_pauses_its_scope() -> None:
    governor.learn(ask(EMIL), Budget("user", 1, after(60)), now=after(0))
    governor.learn(ask(EMIL), None, now=after(0))
    assert admitted([ask(EMIL)], 1) == 1
    governor.learn(ask(EMIL), Budget("user", 0, after(60)), now=after(1))
    assert (admitted([ask(EMIL)], 2), admitted([ask(EDDA)], 2), admitted([ask(EMIL)], 61)) == (0, 1, 1)


@pytest.mark.parametrize("step", [3600, -3600, 86_400])
def test_a_step_of_the_clock_frees_nothing_too_early_and_holds_nothing_for_longer(step: float, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger_clock.trust()
    with allowing(account=Rate(2, 60)):
        began = clock.now()
        assert governor.admit([ask(EMIL), ask(EMIL)], now=began) == {}
        stepped = began + timedelta(seconds=step)
        monkeypatch.setattr(clock, "now", lambda: stepped)
        mine = ask(EMIL)
        again = governor.admit([mine], now=stepped)[mine.id]
        assert 55 < (again - stepped).total_seconds() < 64
        assert governor.admit([mine], now=again) == {}, "a minute later by the steady clock"


def test_nothing_asked_nothing_done() -> None:
    assert governor.admit([], now=after(0)) == {}
    governor.give_back([])


# --- a long queue, a strict judge

PLANS = st.fixed_dictionaries(
    {
        "account": st.tuples(st.integers(1, 12), st.sampled_from([10, 60, 300])),
        "instance": st.tuples(st.integers(1, 40), st.sampled_from([10, 60, 300])),
        "app": st.tuples(st.integers(5, 60), st.sampled_from([60, 900])),
        "people": st.integers(1, 12),
        "batch": st.sampled_from([1, 7, 40, 100]),
        "late": st.floats(0, 1.5),
        "on_the_way": st.lists(st.floats(0, 0.029), min_size=5, max_size=5),
    }
)


def run_queue(plan: dict[str, Any], *, until: float, queue: int) -> Judge:
    """A dispatcher that asks for what is due in batches, and comes back when it was told to; requests reach the network a little later,
    by `on_the_way` parts of the shortest window.
    """
    people = [uuid.UUID(int=number) for number in range(plan["people"])]
    due = [(0.0, number, ask(people[number % len(people)])) for number in range(queue)]
    judge, at = Judge(), 0.0
    shortest = min(plan[name][1] for name in ("account", "instance", "app") if name in plan)
    while due and (at := max(at, due[0][0]) + plan["late"]) < until:
        batch = [heapq.heappop(due) for _ in range(min(plan["batch"], len(due))) if due[0][0] <= at]
        found = governor.admit([one for *_, one in batch], now=after(at))
        for _, number, one in batch:
            if one.id in found:
                heapq.heappush(due, ((found[one.id] - START).total_seconds(), number, one))
            else:
                judge.arrive(at + plan["on_the_way"][number % 5] * shortest, str(one.account_id), HOST, "app")
    return judge


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(plan=PLANS)
def test_never_over_in_any_window(plan: dict[str, Any]) -> None:
    with redis.Redis.from_url(config.settings().redis_url) as server:
        server.flushdb()
    limits = {name: Rate(*plan[name]) for name in ("account", "instance", "app")}
    with allowing(**limits):
        judge = run_queue(plan, until=600, queue=120)
    for scope in judge.seen:
        rate = limits.get({HOST: "instance", "app": "app"}.get(scope, "account"))
        assert rate is not None
        assert judge.most(scope, rate.seconds) <= rate.limit


@pytest.mark.parametrize(("limit", "seconds"), [(300, 300), (20, 60), (7, 10)])
def test_a_long_queue_uses_nearly_all_of_what_is_allowed(limit: int, seconds: int) -> None:
    """At least 95 % of what the network allows in the same time, though the dispatcher is always a little late."""
    plan = {"account": (1, 1), "people": 50, "batch": 100, "late": 0.05, "on_the_way": [0.0] * 5}
    windows = 12 if seconds == 300 else 40
    with allowing(instance=Rate(limit, seconds)):
        judge = run_queue(plan, until=windows * seconds, queue=windows * limit + limit)
    assert judge.most(HOST, seconds) <= limit
    assert len(judge.seen[HOST]) >= 0.95 * windows * limit
    assert judge.longest_silence(HOST) < 1.1 * seconds
