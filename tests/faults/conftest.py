"""The faults need the practice network."""

from tests.sharing.conftest import control

__all__ = ["control"]
