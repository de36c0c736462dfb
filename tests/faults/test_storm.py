"""Two thousand shares with text and pictures while everything breaks, at random under a printed seed (FAULTS_SEED gives another)."""

import os

from tests.faults import random_storm
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import SHARES, Storm, all_out, sound

# The same strikes in every run, at other moments each time; `python -m benchmarks.storm` draws others.
SEED = 20261127


def test_nothing_breaks(ground: Ground, crowd: Crowd) -> None:
    """The count itself is right, and a network that is only slow leaves no doubt: nobody gives up what is still under way."""
    ground.judge.fault("slow", seconds=1.5, times=None)
    # Few: nothing is broken here, and so much slowness takes its time.
    verdict = Storm(ground, crowd, 60, over=12).settle()
    all_out(verdict)
    assert not verdict.unconfirmed


def test_everything_breaks_at_random(ground: Ground) -> None:
    """Remote posts are published rows, none is posted twice, none is lost, and every row ends or waits for its owner."""
    seed = int(os.environ.get("FAULTS_SEED") or SEED)
    print(f"FAULTS_SEED={seed}")
    story = random_storm.run(ground, seed=seed, count=SHARES, over=45, longest=4)
    print(story)
    sound(story.verdict)
    assert sum(story.verdict.states.values()) == story.verdict.shares
