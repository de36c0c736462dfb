"""Redis is emptied, exchanged or away, many ask at once: the limits hold, and what networks have said is not forgotten."""

import json
import logging
import subprocess
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
import redis

import config
from app.db import session, transaction
from app.ids import uuid7
from app.networks.base import Rate, RateLimited
from app.sharing import governor, meters, recounting
from app.sharing.governor import Ask
from app.sharing.models import Attempt, Delivery
from tests import rows, servers
from tests.sharing import builders
from tests.sharing.metered import HOST, START, Judge, allowing, ask

pytestmark = pytest.mark.usefixtures("committed")
EMIL = uuid.uuid4()


@pytest.fixture
def server() -> Iterator["redis.Redis"]:
    """The Redis that the governor uses."""
    meters.wake_up()
    with redis.Redis.from_url(config.settings().redis_url, decode_responses=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def another() -> Iterator[str]:
    """The address of a Redis that these tests may disturb."""
    with servers.another_redis() as url:
        yield url


@pytest.fixture
def alone(another: str) -> Iterator["redis.Redis"]:
    """That Redis, empty, and the governor uses it."""
    here = config.settings()
    config.use(replace(here, redis_url=another))
    meters.wake_up()
    with redis.Redis.from_url(another, decode_responses=True) as connection:
        connection.flushdb()
        yield connection
    config.use(here)


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def admitted(asks: list[Ask], seconds: float) -> int:
    return len(asks) - len(governor.admit(asks, now=after(seconds)))


def people(many: int, *, host: str = HOST) -> list[Ask]:
    """One delivery each of so many people on one server, as they ask."""
    with transaction():
        made = [rows.person(f"Emil{number}{host}") for number in range(many)]
        shared = [builders.delivery(builders.share(user, builders.post(), builders.plain_account(user, host=host))) for user in made]
        return [Ask(one.id, one.network, host, one.account_id) for one in shared]


def several(one: Ask, many: int) -> list[Ask]:
    """More deliveries of the same account."""
    return [replace(one, id=uuid.uuid4()) for _ in range(many)]


def sent(one: Ask, seconds: float, *, pictures: int = 0) -> None:
    """The ledger holds an attempt of this delivery."""
    with transaction():
        number = session.query(Attempt).filter_by(delivery_id=one.id).count() + 1
        session.get_one(Delivery, one.id).payload = {"body": {}, "idempotency_key": "k", "media": [{}] * pictures}
        session.add(Attempt(id=uuid7(), delivery_id=one.id, number=number, payload_hash="", worker="w", started_at=after(seconds)))


# --- many at once


def test_eight_threads_take_together_no_more_than_is_allowed(server: "redis.Redis") -> None:
    with allowing(instance=Rate(100, 60), account=Rate(90, 60)), ThreadPoolExecutor(8) as pool:
        assert admitted([ask()], 0) == 1
        for seconds, free in ((0.0, 99), (63.0, 100)):
            found = pool.map(lambda _, at=seconds: admitted([ask(EMIL), *(ask() for _ in range(9))], at), range(24))
            assert sum(found) == free


CHILD = """
import json, sys
from datetime import datetime
from concurrent.futures import ThreadPoolExecutor
import config
from app import db, models
from app.networks.base import Rate
from app.sharing import governor
from tests.sharing.metered import allowing, ask
db.connect(config.settings().database_url)
now = datetime.fromisoformat(sys.argv[1])
def some(_):
    asks = [ask() for _ in range(10)]
    return len(asks) - len(governor.admit(asks, now=now))
with allowing(instance=Rate(100, 60)), ThreadPoolExecutor(4) as pool:
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(list(pool.map(some, range(20)))), flush=True)
"""


def test_two_processes_take_together_no_more_than_is_allowed(server: "redis.Redis") -> None:
    with allowing(instance=Rate(100, 60)):
        assert admitted([ask()], 0) == 1
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    children = [subprocess.Popen([sys.executable, "-c", CHILD, after(1).isoformat()], **pipes) for _ in range(2)]
    assert [child.stdout.readline() for child in children if child.stdout] == ["ready\n"] * 2
    for child in children:
        assert child.stdin
        child.stdin.write("go\n")
        child.stdin.flush()
    found = [json.loads(child.communicate(timeout=60)[0]) for child in children]
    assert sum(map(sum, found)) == 99


# --- emptied


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_emptied_in_the_middle_of_a_run_it_is_still_never_over(server: "redis.Redis", seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every now and then Redis forgets everything; the ledger knows what has been sent."""
    monkeypatch.setattr(recounting, "SETTLE", 0.0)
    chance, judge, crowd = Random(seed), Judge(), people(3)
    with allowing(account=Rate(3, 60), instance=Rate(9, 100)):
        for round_ in range(150):
            at = round_ * 2.0
            if chance.random() < 0.1:
                server.flushdb()
            for one in crowd:
                if admitted([one], at):
                    sent(one, at)
                    judge.arrive(at, HOST, str(one.account_id))
    assert judge.most(HOST, 100) == 9
    assert max(judge.most(str(one.account_id), 60) for one in crowd) == 3
    assert len(judge.seen[HOST]) >= 0.9 * 9 * 300 / 104


def test_another_server_is_not_believed(server: "redis.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    """After a restart or a change of servers what is found there may be older than what was counted."""
    [one] = people(1)
    with allowing(account=Rate(3, 60)):
        assert admitted(several(one, 2), 0) == 2
        sent(one, 0)
        server.hset(meters.CLOCK, "run", "another")
        server.hset(f"{meters.SCOPE}instance:mastodon:{HOST}", "pause", "9" * 15)
        monkeypatch.setattr(recounting, "SETTLE", 0.0)
        assert admitted(several(one, 5), 1) == 2, "one of three is in the ledger"


def test_pictures_in_the_ledger_count(server: "redis.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recounting, "SETTLE", 0.0)
    [one] = people(1)
    sent(one, 0, pictures=3)
    with allowing(uploads=Rate(4, 60, "uploads"), account=Rate(9, 60, "calls")):
        assert admitted([replace(one, pictures=2)], 1) == 0
        assert admitted(several(one, 5), 1) == 9 - 7


def test_every_scope_has_its_own_count_from_the_ledger(server: "redis.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recounting, "SETTLE", 0.0)
    for one in people(3) + people(2, host="other.example"):
        sent(one, 0)
    with allowing(instance=Rate(5, 60), app=Rate(9, 60)):
        assert admitted([ask() for _ in range(5)], 1) == 5 - 3
        assert admitted([ask(host="other.example") for _ in range(5)], 2) == 9 - 5 - 2


def test_what_is_older_than_a_window_is_counted_only_for_longer_ones(server: "redis.Redis", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recounting, "SETTLE", 0.0)
    [one] = people(1)
    for seconds in (0, 1, 90):
        sent(one, seconds)
    with allowing(instance=Rate(5, 60), account=Rate(9, 3600)):
        assert admitted([ask() for _ in range(9)], 100) == 5 - 1
    with allowing(instance=Rate(5, 60), account=Rate(4, 3600)):
        server.flushdb()
        assert admitted(several(one, 5), 100) == 4 - 3


def test_while_somebody_may_be_on_the_way_all_wait(server: "redis.Redis") -> None:
    """An attempt is written after its place was taken: who was admitted a moment before Redis was emptied shows up a little later."""
    [one] = people(1)
    sent(one, 0)
    found = governor.admit([one], now=after(1))
    assert after(1) + timedelta(seconds=recounting.SETTLE) * 0.9 < found[one.id] < after(1) + timedelta(seconds=2 * recounting.SETTLE)
    assert server.exists(meters.CLOCK) == 0
    server.pexpire(recounting.LOST, recounting.LOST_MS - int(recounting.SETTLE * 1000) - 1)
    assert admitted([one], 6) == 1


def test_who_comes_to_count_what_has_been_counted_waits_for_nobody(server: "redis.Redis") -> None:
    """Two workers see the empty Redis together, and one is done before the other begins: nothing has to settle, now or next time."""
    [one] = people(1)
    sent(one, 0)
    governor.admit([one], now=after(1))
    server.pexpire(recounting.LOST, recounting.LOST_MS - int(recounting.SETTLE * 1000) - 1)
    assert admitted([one], 6) == 1
    assert recounting.recount(meters.opened(lambda _fresh: None), now=after(7)) == 0.0
    assert server.exists(recounting.LOST, recounting.LOCK) == 0


def test_while_somebody_else_counts_all_wait(server: "redis.Redis") -> None:
    one = ask()
    server.set(recounting.LOCK, "somebody", px=60_000)
    assert after(0) < governor.admit([one], now=after(0))[one.id] < after(2)
    server.delete(recounting.LOCK)
    assert admitted([one], 2) == 1


def test_pauses_survive(server: "redis.Redis") -> None:
    governor.pause(ask(EMIL), RateLimited(after(300), "instance", "Too many requests"), now=after(0))
    server.flushdb()
    assert (admitted([ask()], 299), admitted([ask(host="other.example")], 299), admitted([ask()], 301)) == (0, 1, 1)


# --- away


def test_while_redis_is_away_all_wait_and_nothing_is_raised(server: "redis.Redis", caplog: pytest.LogCaptureFixture) -> None:
    here, one = config.settings(), ask(EMIL)
    assert admitted([one], 0) == 1
    config.use(replace(here, redis_url="redis://127.0.0.1:1/0"))
    try:
        with caplog.at_level(logging.INFO, logger=meters.__name__):
            for seconds in (1.0, 2.0, 3.0):
                meters.wake_up()
                found = governor.admit([one], now=after(seconds))
                assert after(seconds) < found[one.id] < after(seconds + 10)
            governor.give_back([one], now=after(3))
            governor.pause(one, RateLimited(after(300), "user", "slow down"), now=after(3))
            config.use(here)
            assert admitted([one], 4) == 0, "what was said meanwhile is heard first"
            assert (admitted([ask()], 4), admitted([one], 301)) == (1, 1)
    finally:
        config.use(here)
    assert [record.levelname for record in caplog.records if record.name == meters.__name__] == ["WARNING", "INFO"]


def test_a_dropped_connection_is_made_again(alone: "redis.Redis") -> None:
    assert admitted([ask()], 0) == 1
    alone.client_kill_filter(_type="normal", skipme=True)
    governor.admit([ask()], now=after(1))
    meters.wake_up()
    assert admitted([ask()], 2) == 1


def test_a_redis_that_stalls_lets_nobody_go_and_wastes_little(alone: "redis.Redis") -> None:
    """A question that nobody waited for may still be answered later; what comes after it does not pile up."""
    with allowing(instance=Rate(10, 60)):
        assert admitted([ask()], 0) == 1
        alone.client_pause(4000)
        for _ in range(5):
            assert admitted([ask()], 1) == 0
        assert alone.ping(), "answers when the stall is over"
        meters.wake_up()
        assert admitted([ask() for _ in range(20)], 2) in (8, 9)


def test_an_address_that_is_none_lets_nobody_go(server: "redis.Redis") -> None:
    here = config.settings()
    config.use(replace(here, redis_url="nonsense"))
    try:
        assert admitted([ask()], 0) == 0
    finally:
        config.use(here)


def test_a_redis_that_is_full_lets_nobody_go(alone: "redis.Redis") -> None:
    one = ask(EMIL)
    assert admitted([one], 0) == 1
    before = str(alone.config_get("maxmemory")["maxmemory"])
    alone.config_set("maxmemory", 1)
    try:
        assert one.id in governor.admit([one], now=after(1))
    finally:
        alone.config_set("maxmemory", before)
    meters.wake_up()
    assert admitted([one], 2) == 1
