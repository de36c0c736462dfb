"""A practice network for every test that asks for one."""

from collections.abc import Iterator

import pytest

from app.sharing import ledger_clock
from tests.sharing import builders


@pytest.fixture
def control(engine: object) -> Iterator[builders.Control]:
    """A running practice network, from behind."""
    with builders.practice_network() as running:
        yield builders.Control(running)


@pytest.fixture
def own_clock() -> Iterator[None]:
    """What a test has learnt is forgotten."""
    ledger_clock.trust()
    yield
    ledger_clock.trust()
