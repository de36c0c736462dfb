"""Two thousand shares with text and pictures while everything breaks, at random under a printed seed (FAULTS_SEED gives another)."""

import os

import pytest

from tests.faults import rabbitmq, random_storm
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import SHARES, Storm, all_out, sound

# The same strikes in every run, at other moments each time; `python -m benchmarks.storm` draws others.
SEED = 20261127
OVER = 130


def test_nothing_breaks(ground: Ground, crowd: Crowd) -> None:
    """The count itself is right, and a network that is only slow leaves no doubt: nobody gives up what is still under way."""
    ground.judge.fault("slow", seconds=1.5, times=None)
    verdict = Storm(ground, crowd, 60, over=12).settle()
    all_out(verdict)
    assert not verdict.unconfirmed


def test_everything_breaks_at_random(ground: Ground) -> None:
    """Remote posts are published rows, none is posted twice, none is lost, and every row ends or waits for its owner."""
    broken(ground)


@pytest.mark.skipif(not rabbitmq.INSTALLED, reason="RabbitMQ is not installed")
def test_everything_breaks_at_random_with_rabbitmq(ground: Ground) -> None:
    """The same with another broker, which is killed, too."""
    with rabbitmq.instead_of_redis(ground) as broker:
        broken(ground, broker)


def broken(ground: Ground, broker: rabbitmq.RabbitMQ | None = None) -> None:
    """Everything, in every way at least once, and the count is right."""
    seed = int(os.environ.get("FAULTS_SEED") or SEED)
    print(f"FAULTS_SEED={seed}")
    story = random_storm.run(ground, seed=seed, count=SHARES, over=OVER, longest=3, broker=broker)
    print(story)
    sound(story.verdict)
    assert sum(story.verdict.states.values()) == story.verdict.shares >= SHARES
