"""Pictures: uploaded, described, attached to one post."""

import sqlite3
from collections.abc import Iterable, Sequence

from app.practice import pictures
from app.practice.errors import invalid, refuse
from app.practice.site import Site

MAX_ATTACHMENTS = 4
SIZE_LIMIT = 16_777_216
MATRIX_LIMIT = 33_177_600
DESCRIPTION_LIMIT = 1500
_SELECT = """
SELECT id, account_id, status_id, kind, width, height, description, focus, polls_left, broken FROM media WHERE
"""


def keep(
    db: sqlite3.Connection, site: Site, *, account: sqlite3.Row, data: bytes, description: str | None, focus: str | None
) -> sqlite3.Row:
    """Take a picture in; with the switch `media_processing` it is ready only after some polls, or never."""
    picture = _checked(data)
    _check_description(description)
    slow = site.faults.switch("media_processing", account["username"])
    media_id = site.new_id()
    db.execute(
        "INSERT INTO media"
        " (id, account_id, kind, width, height, description, focus, data, polls_left, broken, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            media_id,
            account["id"],
            picture.kind,
            picture.width,
            picture.height,
            description,
            focus,
            data,
            slow.polls if slow else 0,
            bool(slow and slow.fails),
            site.now(),
        ),
    )
    return unattached(db, account_id=account["id"], media_id=media_id)


def _checked(data: bytes) -> pictures.Picture:
    picture = pictures.look(data)
    if picture is None:
        invalid("File content type is invalid")
    if len(data) > SIZE_LIMIT:
        invalid("File file size must be less than 16 MB")
    if picture.width * picture.height > MATRIX_LIMIT:
        invalid(f"File {picture.width}x{picture.height} images are not supported")
    return picture


def _check_description(description: str | None) -> None:
    if description is not None and len(description) > DESCRIPTION_LIMIT:
        invalid(f"Description is too long (maximum is {DESCRIPTION_LIMIT} characters)")


def unattached(db: sqlite3.Connection, *, account_id: int, media_id: int) -> sqlite3.Row:
    """An own picture that no post has yet, else 404 (as Mastodon: an attached one is out of reach)."""
    row: sqlite3.Row | None = db.execute(_SELECT + "id = ? AND account_id = ? AND status_id IS NULL", (media_id, account_id)).fetchone()
    if row is None:
        refuse(404, "Record not found")
    return row


def polled(db: sqlite3.Connection, *, account_id: int, media_id: int) -> sqlite3.Row:
    """The picture as this look at it finds it; each look brings a slow one nearer to ready."""
    row = unattached(db, account_id=account_id, media_id=media_id)
    if row["polls_left"] > 0:
        db.execute("UPDATE media SET polls_left = polls_left - 1 WHERE id = ?", (media_id,))
    return row


def describe(db: sqlite3.Connection, *, account_id: int, media_id: int, description: str | None, focus: str | None) -> sqlite3.Row:
    """Change the words of a picture."""
    unattached(db, account_id=account_id, media_id=media_id)
    _check_description(description)
    db.execute(
        "UPDATE media SET description = coalesce(?, description), focus = coalesce(?, focus) WHERE id = ?",
        (description, focus, media_id),
    )
    return unattached(db, account_id=account_id, media_id=media_id)


def forget(db: sqlite3.Connection, *, account_id: int, media_id: int) -> None:
    """Delete a picture that no post has."""
    unattached(db, account_id=account_id, media_id=media_id)
    db.execute("DELETE FROM media WHERE id = ?", (media_id,))


def for_posting(db: sqlite3.Connection, *, account_id: int, ids: Sequence[int]) -> list[sqlite3.Row]:
    """The pictures for a new post, in order; all must be own, free and ready."""
    if len(ids) > MAX_ATTACHMENTS:
        refuse(422, f"Cannot attach more than {MAX_ATTACHMENTS} files")
    marks = ",".join("?" * len(ids))
    query = _SELECT + f"id IN ({marks}) AND account_id = ? AND status_id IS NULL"
    found = {row["id"]: row for row in db.execute(query, (*ids, account_id))}
    missing = [str(i) for i in ids if i not in found]
    if missing:
        refuse(422, f"Media {', '.join(missing)} not found or already attached to another post")
    if any(row["polls_left"] > 0 or row["broken"] for row in found.values()):
        refuse(422, "Cannot attach files that have not finished processing. Try again in a moment!")
    return [found[i] for i in dict.fromkeys(ids)]


def attach(db: sqlite3.Connection, *, status_id: int, rows: Iterable[sqlite3.Row]) -> None:
    """Give the pictures to a post, in this order."""
    for position, row in enumerate(rows):
        db.execute("UPDATE media SET status_id = ?, position = ? WHERE id = ?", (status_id, position, row["id"]))


def of_statuses(db: sqlite3.Connection, ids: Sequence[int]) -> dict[int, list[sqlite3.Row]]:
    """The pictures of some posts, by post, in order."""
    marks = ",".join("?" * len(ids))
    rows = db.execute(_SELECT + f"status_id IN ({marks}) ORDER BY status_id, position", ids)
    found: dict[int, list[sqlite3.Row]] = {}
    for row in rows:
        found.setdefault(row["status_id"], []).append(row)
    return found


def content(db: sqlite3.Connection, media_id: int) -> tuple[str, bytes] | None:
    """The kind and the bytes of a picture that is ready."""
    row = db.execute("SELECT kind, data FROM media WHERE id = ? AND polls_left = 0 AND NOT broken", (media_id,)).fetchone()
    return (row["kind"], row["data"]) if row else None
