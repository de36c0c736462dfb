"""A practice network for every test that asks for one."""

from collections.abc import Iterator

import pytest

from tests.sharing import builders


@pytest.fixture
def control(engine: object) -> Iterator[builders.Control]:
    """A running practice network, from behind."""
    with builders.practice_network() as running:
        yield builders.Control(running)
