"""The one door for every change of state."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Protocol

from app.audit.events import record
from app.errors import Stale, _

Moves = Mapping[str, frozenset[str]]


class Stateful(Protocol):
    """A row with a state, and beside it the table of its legal moves."""

    __tablename__: Any
    MOVES: ClassVar[Moves]
    id: Any
    state: Any


def may_move(row: Stateful, to: str) -> bool:
    """Whether the law lets `row` go to the state `to`."""
    return to in row.MOVES[row.state]


def move(row: Stateful, to: str, *, by: uuid.UUID | None, **facts: Any) -> None:
    """Set the state and write the event; raises Stale when the law does not allow this move.

    The caller holds the row's lock where two may come at once.
    """
    if not may_move(row, to):
        raise Stale(_("This has changed in the meantime. Reload the page to see where it stands."))
    record(to, row.__tablename__, row.id, by=by, was=str(row.state), **facts)
    row.state = to
