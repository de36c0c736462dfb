"""Stars and boosts that visitors of the timeline give; replies are posts."""

import sqlite3
from collections.abc import Sequence

KINDS = ("star", "boost")


def toggle(db: sqlite3.Connection, *, status_id: int, kind: str, visitor: str) -> bool:
    """Give a star or a boost, or take it back: whether it is given now. One per visitor."""
    mine = (status_id, kind, visitor)
    taken = db.execute("DELETE FROM reactions WHERE status_id = ? AND kind = ? AND visitor = ?", mine).rowcount
    if not taken:
        db.execute("INSERT INTO reactions VALUES (?, ?, ?)", mine)
    return not taken


def given(db: sqlite3.Connection, ids: Sequence[int], visitor: str | None) -> set[tuple[int, str]]:
    """What this visitor gave to these posts, as (post, kind)."""
    marks = ",".join("?" * len(ids))
    query = f"SELECT status_id, kind FROM reactions WHERE status_id IN ({marks}) AND visitor = ?"  # noqa: S608 - only question marks are put in
    return {(row["status_id"], row["kind"]) for row in db.execute(query, (*ids, visitor))}
