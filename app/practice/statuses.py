"""The posts: made, read, listed, deleted."""

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from app.practice import media, text
from app.practice.errors import invalid, refuse
from app.practice.site import Site

KEY_LIFE = 3600
VISIBILITIES = ("public", "unlisted", "private", "direct")
OPEN = "s.visibility IN ('public', 'unlisted')"
_SELECT = """
SELECT s.*, p.name AS app_name, p.website AS app_website, o.account_id AS in_reply_to_account_id,
  (SELECT count(*) FROM statuses r WHERE r.in_reply_to_id = s.id) AS replies,
  (SELECT count(*) FROM reactions r WHERE r.status_id = s.id AND r.kind = 'boost') AS boosts,
  (SELECT count(*) FROM reactions r WHERE r.status_id = s.id AND r.kind = 'star') AS stars
FROM statuses s LEFT JOIN apps p ON p.id = s.app_id LEFT JOIN statuses o ON o.id = s.in_reply_to_id
"""


@dataclass(frozen=True)
class Draft:
    """What somebody wants to post."""

    text: str
    media_ids: Sequence[int] = ()
    visibility: str = "public"
    language: str | None = None
    spoiler_text: str = ""
    sensitive: bool = False
    in_reply_to_id: int | None = None


def post(
    db: sqlite3.Connection,
    site: Site,
    *,
    account: sqlite3.Row,
    draft: Draft,
    app_id: int | None = None,
    idempotency_key: str | None = None,
) -> sqlite3.Row:
    """Make a post. The same key of the same account within the hour gives the first post again, whatever the text."""
    key = idempotency_key
    if key and site.faults.switch("ignore_idempotency_key", account["username"]):
        key = None
    earlier = _remembered(db, site, account["id"], key) if key else None
    if earlier is not None:
        return by_id(db, earlier) or refuse(404, "Record not found")
    _check(db, draft)
    pictures = media.for_posting(db, account_id=account["id"], ids=draft.media_ids)
    status_id = _insert(db, site, account=account, draft=draft, app_id=app_id, key=idempotency_key)
    media.attach(db, status_id=status_id, rows=pictures)
    if key:
        expires_at = site.now() + KEY_LIFE
        db.execute("INSERT INTO idempotency_keys VALUES (?, ?, ?, ?)", (account["id"], key, status_id, expires_at))
    made = by_id(db, status_id)
    assert made is not None
    return made


def _remembered(db: sqlite3.Connection, site: Site, account_id: int, key: str) -> int | None:
    db.execute("DELETE FROM idempotency_keys WHERE account_id = ? AND expires_at <= ?", (account_id, site.now()))
    found = "SELECT status_id FROM idempotency_keys WHERE account_id = ? AND key = ?"
    row = db.execute(found, (account_id, key)).fetchone()
    return row["status_id"] if row else None


def _check(db: sqlite3.Connection, draft: Draft) -> None:
    if not (draft.text.strip() or draft.spoiler_text.strip() or draft.media_ids):
        invalid("Text can't be blank")
    if text.length(draft.text, draft.spoiler_text) > text.MAX_CHARACTERS:
        invalid(f"Text character limit of {text.MAX_CHARACTERS} exceeded")
    if draft.visibility not in VISIBILITIES:
        invalid("Visibility is not included in the list")
    if draft.in_reply_to_id is not None and by_id(db, draft.in_reply_to_id) is None:
        refuse(404, "The post you are trying to reply to does not appear to exist.")


def _insert(db: sqlite3.Connection, site: Site, *, account: sqlite3.Row, draft: Draft, app_id: int | None, key: str | None) -> int:
    status_id = site.new_id()
    language = draft.language if draft.language and re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", draft.language) else None
    db.execute(
        "INSERT INTO statuses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            status_id,
            account["id"],
            app_id,
            draft.text,
            draft.spoiler_text,
            draft.sensitive,
            draft.visibility,
            language or account["language"],
            draft.in_reply_to_id,
            key,
            site.now(),
        ),
    )
    return status_id


def by_id(db: sqlite3.Connection, status_id: int) -> sqlite3.Row | None:
    """One post with its counts."""
    row: sqlite3.Row | None = db.execute(_SELECT + "WHERE s.id = ?", (status_id,)).fetchone()
    return row


def visible(db: sqlite3.Connection, ids: Sequence[int], viewer: int | None) -> list[sqlite3.Row]:
    """Those of the posts that this account (or anybody) may see, in the order asked for."""
    marks = ",".join("?" * len(ids))
    rows = db.execute(_SELECT + f"WHERE s.id IN ({marks}) AND ({OPEN} OR s.account_id = ?)", (*ids, viewer))
    found = {row["id"]: row for row in rows}
    return [found[i] for i in ids if i in found]


@dataclass(frozen=True)
class Page:
    """Which part of a list: ids below `max_id`, above `since_id` (newest first) or just above `min_id`."""

    limit: int
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None


def of_account(
    db: sqlite3.Connection,
    account_id: int,
    viewer: int | None,
    page: Page,
    *,
    without_replies: bool = False,
    only_media: bool = False,
) -> list[sqlite3.Row]:
    """One account's posts, newest first."""
    where = f"s.account_id = :account AND ({OPEN} OR s.account_id = :viewer)"
    if without_replies:
        where += " AND s.in_reply_to_id IS NULL"
    if only_media:
        where += " AND EXISTS (SELECT 1 FROM media m WHERE m.status_id = s.id)"
    return _page(db, where, page, account=account_id, viewer=viewer)


def timeline(db: sqlite3.Connection, page: Page, tag: str | None = None) -> list[sqlite3.Row]:
    """Everybody's public posts, newest first, without replies; or those that carry a hashtag."""
    where = "s.visibility = 'public'"
    if tag is None:
        return _page(db, where + " AND s.in_reply_to_id IS NULL", page)
    rows = _page(db, where + " AND instr(lower(s.text), :tag)", page, tag=f"#{tag.lower()}")
    return [row for row in rows if tag.lower() in map(str.lower, text.tags(row["text"]))]


def replies(db: sqlite3.Connection, status_id: int) -> list[sqlite3.Row]:
    """The open replies to a post, oldest first, at most 200."""
    order = f"WHERE s.in_reply_to_id = ? AND {OPEN} ORDER BY s.id LIMIT 200"
    return list(db.execute(_SELECT + order, (status_id,)))


def _page(db: sqlite3.Connection, where: str, page: Page, **values: object) -> list[sqlite3.Row]:
    bounds = (("max_id", "<"), ("since_id", ">"), ("min_id", ">"))
    for name, sign in bounds:
        if getattr(page, name) is not None:
            where += f" AND s.id {sign} :{name}"
            values[name] = getattr(page, name)
    order = "ASC" if page.min_id is not None else "DESC"
    query = f"{_SELECT} WHERE {where} ORDER BY s.id {order} LIMIT :limit"
    rows = list(db.execute(query, {**values, "limit": page.limit}))
    return rows[::-1] if page.min_id is not None else rows


def delete(db: sqlite3.Connection, *, account_id: int, status_id: int) -> sqlite3.Row:
    """Delete an own post; its pictures are free again, its replies stay."""
    row = by_id(db, status_id)
    if row is None or row["account_id"] != account_id:
        refuse(404, "Record not found")
    db.execute("DELETE FROM statuses WHERE id = ?", (status_id,))
    return row
