"""The faults need the practice network; the storms need a ground of their own, one for each process that runs tests."""

from collections.abc import Iterator

import pytest

from tests import servers
from tests.faults import breaking
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import at_home
from tests.sharing.conftest import control

__all__ = ["control"]


@pytest.fixture(scope="session")
def _ground(addresses: servers.Addresses, engine: object) -> Iterator[tuple[Ground, Crowd]]:
    with Ground(template=addresses.template) as made:
        with at_home(made):
            crowd = Crowd(made)
        yield made, crowd


@pytest.fixture
def ground(_ground: tuple[Ground, Crowd]) -> Iterator[Ground]:
    """Everything runs and is well; whatever a test breaks is mended after it."""
    made, _crowd = _ground
    with at_home(made):
        breaking.heal(made)
        yield made
        breaking.heal(made)
        made.sql("UPDATE deliveries SET state = 'cancelled', lease = NULL, leased_until = NULL WHERE state IN ('queued', 'held')", "VACUUM")


@pytest.fixture
def crowd(_ground: tuple[Ground, Crowd]) -> Crowd:
    """People with accounts."""
    return _ground[1]
