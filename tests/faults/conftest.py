"""The faults need the practice network; the storms need a ground of their own, one for each process that runs tests."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import servers
from tests.faults import breaking
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import at_home
from tests.sharing.conftest import control, own_clock

__all__ = ["control", "own_clock"]


@pytest.fixture(scope="session")
def _ground(addresses: servers.Addresses, engine: object) -> Iterator[tuple[Ground, Crowd]]:
    with Ground(template=addresses.template) as made:
        with at_home(made):
            crowd = Crowd(made)
        yield made, crowd


@contextmanager
def nothing_else_breaks() -> Iterator[None]:
    """One storm at a time on a machine: side by side they would take each other's processors, and what has a time would be late."""
    with (Path(tempfile.gettempdir()) / f"outspoken-storm-{os.getuid()}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture
def ground(_ground: tuple[Ground, Crowd]) -> Iterator[Ground]:
    """Everything runs and is well; whatever a test breaks is mended after it."""
    made, _crowd = _ground
    with nothing_else_breaks(), at_home(made):
        breaking.heal(made)
        yield made
        breaking.heal(made)
        made.sql("UPDATE deliveries SET state = 'cancelled', lease = NULL, leased_until = NULL WHERE state IN ('queued', 'held')", "VACUUM")


@pytest.fixture
def crowd(_ground: tuple[Ground, Crowd]) -> Crowd:
    """People with accounts."""
    return _ground[1]
