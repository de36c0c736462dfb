"""SIGKILL at every station of a delivery: each is posted once, and none is lost."""

import pytest

from tests.faults.ground import Ground
from tests.faults.storm import Crowd, Storm, all_out

COUNT = 120


@pytest.mark.parametrize(
    "at",
    ["before the claim 3 kill", "after the claim 2 kill", "after the mark 2 kill", "before the request 20 kill", "after the answer 20 kill",
     "before the record 4 kill"],
)  # fmt: skip
def test_killed_at(ground: Ground, crowd: Crowd, at: str) -> None:
    """Before the claim, between claim and send, just before the request, after the answer and before the record."""
    ground.end("worker-1")
    before = ground.ends["killed"]
    ground.start_worker("worker-1", at=at)
    storm = Storm(ground, crowd, COUNT, over=3)
    all_out(storm.settle())
    assert ground.ends["killed"] > before
