"""PostgreSQL restarted, killed, full, stalled, read-only, or refusing the commit after the answer, in the middle of sending."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from tests.faults import breaking
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import SHARES, Storm, all_out


@pytest.mark.parametrize("fall", [breaking.restart_postgres, breaking.kill_postgres])
def test_gone_for_a_moment(ground: Ground, crowd: Crowd, fall: Callable[[Ground], None]) -> None:
    """An upgrade, and `kill -9`: whatever was committed holds, whatever was not is done again."""
    storm = Storm(ground, crowd, SHARES, over=6).going()
    fall(ground)
    all_out(storm.settle())


@pytest.mark.parametrize(("broken", "seconds"), [(breaking.stalled_postgres, 30), (breaking.no_connections, 5), (breaking.read_only, 5)])
def test_useless_for_a_while(
    ground: Ground, crowd: Crowd, broken: Callable[[Ground], AbstractContextManager[None]], seconds: float
) -> None:
    """It does not answer, takes nobody, or writes nothing."""
    storm = Storm(ground, crowd, SHARES, over=6).going()
    with broken(ground):
        time.sleep(seconds)
    all_out(storm.settle())


def test_the_commit_after_the_answer_fails(ground: Ground, crowd: Crowd) -> None:
    """For so long that the results are given up: every post is found again at the network, none is made a second time."""
    storm = Storm(ground, crowd, SHARES, over=6).going(0.1)
    with breaking.refused_commits(ground):
        storm.until(lambda found: found["unconfirmed"] > 0)
    verdict = storm.settle()
    all_out(verdict)
    assert verdict.unconfirmed.get("found")
