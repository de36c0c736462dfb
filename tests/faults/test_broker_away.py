"""Redis flushed, killed, stalled, full; RabbitMQ killed; messages lost, doubled, late and in any order: the table is the queue."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from app import nudges
from tests.faults import breaking, messages, rabbitmq
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import SHARES, Storm, all_out


@pytest.mark.parametrize(
    "fall",
    [breaking.flush_redis, breaking.kill_redis, partial(breaking.kill_redis, empty=True)],
    ids=["flushed", "killed", "killed and empty"],
)
def test_forgets(ground: Ground, crowd: Crowd, fall: Callable[[Ground], None]) -> None:
    """Its messages and its counts are gone, or it is."""
    storm = Storm(ground, crowd, SHARES, over=6).going()
    fall(ground)
    all_out(storm.settle())


@pytest.mark.parametrize(("broken", "seconds"), [(breaking.stalled_redis, 30), (breaking.full_redis, 6)])
def test_useless_for_a_while(
    ground: Ground, crowd: Crowd, broken: Callable[[Ground], AbstractContextManager[None]], seconds: float
) -> None:
    """Nobody may count, so nobody sends; afterwards all goes on."""
    storm = Storm(ground, crowd, SHARES, over=6).going()
    with broken(ground):
        time.sleep(seconds)
    all_out(storm.settle())


def test_every_message_three_times_late_and_in_any_order(ground: Ground, crowd: Crowd) -> None:
    """Messages from before the storm are delivered in the middle of it and after it, under two schedules."""
    by, old = random.Random(7), messages.old(ground)
    storm = Storm(ground, crowd, SHARES, over=6).going(0.05)
    for _ in range(8):
        old.deliver(times=3, by=by)
        time.sleep(0.5)
    verdict = storm.settle()
    all_out(verdict)
    old.deliver(times=3, by=by)
    ground.wait(lambda: messages.waiting(ground) == 0, "the end of the messages")
    all_out(storm.verdict())


def test_every_message_an_hour_late(ground: Ground, crowd: Crowd) -> None:
    """Nobody takes the messages of a storm, until all clocks say that an hour has passed: then each comes three times, in any order."""
    by = random.Random(8)
    with breaking.steppable_clock(ground):
        storm = Storm(ground, crowd, SHARES, over=6).going(0.2)
        breaking.stop_workers(ground)
        late = _of_web_and_schedules(ground)
        assert storm.states()["queued"]
        breaking.set_clock(ground, "1 hour")
        ground.clock.write_text("3600")
        late.deliver(times=3, by=by)
        ground.full_crew()
        for _ in range(8):
            late.deliver(times=3, by=by)
            time.sleep(0.5)
        all_out(storm.settle())
        _none_is_thrown_away(ground, late, by)
        all_out(storm.verdict())


def _none_is_thrown_away(ground: Ground, late: messages.Messages, by: random.Random) -> None:
    """No schedule runs any more, so the sign of its life can only be the late one's."""
    for name in ("beat-1", "beat-2"):
        ground.end(name)
    ground.wait(lambda: messages.waiting(ground) == 0, "the end of the messages")
    ground.sql("DELETE FROM heartbeats WHERE name = 'beat'")
    late.deliver(times=3, by=by)
    ground.wait(lambda: ground.ask("SELECT count(*)::int FROM heartbeats WHERE name = 'beat'") == [(1,)], "a late message")
    ground.wait(lambda: messages.waiting(ground) == 0, "the end of the messages")


def _of_web_and_schedules(ground: Ground) -> messages.Messages:
    """What clicks and two schedules have to say, while nobody listens."""
    for name in ("beat-1", "beat-2"):
        ground.end(name)
        ground.start_beat(name)
    nudges.wake_up()
    for nudge in (nudges.deliver, nudges.mails, nudges.previews):
        nudge()
    ground.wait(lambda: messages.waiting(ground) >= 5, "messages")
    return messages.intercepted(ground)


@pytest.mark.skipif(not rabbitmq.INSTALLED, reason="RabbitMQ is not installed")
def test_rabbitmq_falls_and_comes_back(ground: Ground, crowd: Crowd) -> None:
    """Shares leave meanwhile, and afterwards messages of the schedule get through again, to the same workers."""
    with rabbitmq.instead_of_redis(ground) as broker:
        _hear_of_the_schedule(ground)
        storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
        broker.kill()
        all_out(storm.settle())
        workers = [ground.crew[name].popen.pid for name in ("worker-1", "worker-2")]
        broker.start()
        _hear_of_the_schedule(ground)
        assert workers == [ground.crew[name].popen.pid for name in ("worker-1", "worker-2")]
        all_out(Storm(ground, crowd, SHARES, over=1).settle())


def _hear_of_the_schedule(ground: Ground) -> None:
    """A message of it, sent from now on, has come through the broker."""
    [(present,)] = ground.ask("SELECT now()")
    newer = "SELECT count(*)::int FROM heartbeats WHERE name = 'beat' AND at > %(present)s"
    ground.wait(lambda: ground.ask(newer, {"present": present}) == [(1,)], "a message through the broker")
