"""A practice network for each test, with a clock that the test may move, and two of the cast."""

import time
from collections.abc import Iterator

import pytest

from app.practice.server import Running, start
from tests.practice.client import Person, Trainer


class Clock:
    """Seconds since 1970, real time plus what the test adds."""

    ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def network(clock: Clock) -> Iterator[Running]:
    with start(now=clock) as running:
        yield running


@pytest.fixture
def trainer(network: Running) -> Trainer:
    return Trainer(network)


@pytest.fixture
def edda(trainer: Trainer) -> Person:
    return trainer.person("Edda Lindqvist", language="en")


@pytest.fixture
def emil(trainer: Trainer) -> Person:
    return trainer.person("Emil Weiß", language="de")
