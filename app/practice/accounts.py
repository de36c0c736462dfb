"""The people of the practice network: a name is all that an account needs."""

import re
import sqlite3
import unicodedata
from collections.abc import Iterable

from app.practice.errors import invalid
from app.practice.site import Site

_SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "å": "aa", "ł": "l", "đ": "d"})
_SELECT = "SELECT a.*, (SELECT count(*) FROM statuses s WHERE s.account_id = a.id) AS statuses_count FROM accounts a "
NAME_LIMIT = 60


def username_of(name: str) -> str:
    """The user name that a name as spoken becomes: `Zoë Müller` is zoe_mueller."""
    spelled = unicodedata.normalize("NFC", name).strip().removeprefix("@").lower().translate(_SPELLED)
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:30].strip("_")


def named(db: sqlite3.Connection, site: Site, name: str, language: str | None = None) -> sqlite3.Row:
    """The account with this name; it is made when nobody had the name yet."""
    shown = "".join(c for c in name.strip() if c.isprintable())
    username = username_of(shown)
    if not username or len(shown) > NAME_LIMIT:
        invalid("Username must contain letters or digits, 60 characters at most")
    db.execute(
        "INSERT INTO accounts (id, username, display_name, language, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (username) DO NOTHING",
        (site.new_id(), username, shown.removeprefix("@"), language, site.now()),
    )
    account = by_username(db, username)
    assert account is not None
    return account


def by_username(db: sqlite3.Connection, username: str) -> sqlite3.Row | None:
    """The account with this user name."""
    return _one(db.execute(_SELECT + "WHERE a.username = ?", (username.lower(),)))


def by_id(db: sqlite3.Connection, account_id: int) -> sqlite3.Row | None:
    """The account with this id."""
    return _one(db.execute(_SELECT + "WHERE a.id = ?", (account_id,)))


def by_ids(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, sqlite3.Row]:
    """The accounts with these ids."""
    wanted = sorted(set(ids))
    marks = ",".join("?" * len(wanted))
    return {row["id"]: row for row in db.execute(_SELECT + f"WHERE a.id IN ({marks})", wanted)}


def _one(rows: sqlite3.Cursor) -> sqlite3.Row | None:
    row: sqlite3.Row | None = rows.fetchone()
    return row
