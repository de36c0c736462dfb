"""Many values for one statement: arrays as PostgreSQL writes them, and what many rows have in common, once."""

from collections.abc import Iterable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


def array(words: Iterable[str]) -> str:
    """An array as PostgreSQL writes it, of words that need no quotes: a hundred thousand values in one go."""
    return "{" + ",".join(words) + "}"


class Numbered(Generic[Thing]):
    """Each different thing once, counted from 1."""

    def __init__(self) -> None:
        self._known: dict[Thing, str] = {}

    def number(self, thing: Thing) -> str:
        """Its number, the same for the same thing."""
        return self._known.get(thing) or self._known.setdefault(thing, str(len(self._known) + 1))

    @property
    def all(self) -> list[Thing]:
        """All of them, in the order of their numbers."""
        return list(self._known)
