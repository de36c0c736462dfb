"""Where the practice network keeps its things: one SQLite file, or memory for tests."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

SCHEMA = """
CREATE TABLE IF NOT EXISTS apps (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, website TEXT, redirect_uris TEXT NOT NULL, scopes TEXT NOT NULL,
  client_id TEXT NOT NULL UNIQUE, client_secret TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
  id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, language TEXT,
  created_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS codes (
  code TEXT PRIMARY KEY, app_id INTEGER NOT NULL REFERENCES apps, account_id INTEGER NOT NULL REFERENCES accounts,
  redirect_uri TEXT NOT NULL, scopes TEXT NOT NULL, challenge TEXT, expires_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (
  id INTEGER PRIMARY KEY, app_id INTEGER NOT NULL REFERENCES apps, account_id INTEGER NOT NULL REFERENCES accounts,
  access_token TEXT NOT NULL UNIQUE, refresh_token TEXT UNIQUE, scopes TEXT NOT NULL, created_at REAL NOT NULL,
  expires_at REAL, revoked_at REAL);
CREATE TABLE IF NOT EXISTS statuses (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts, app_id INTEGER REFERENCES apps,
  text TEXT NOT NULL, spoiler_text TEXT NOT NULL, sensitive INTEGER NOT NULL, visibility TEXT NOT NULL, language TEXT,
  in_reply_to_id INTEGER REFERENCES statuses ON DELETE SET NULL, idempotency_key TEXT, created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS statuses_by_account ON statuses (account_id, id);
CREATE INDEX IF NOT EXISTS statuses_by_reply ON statuses (in_reply_to_id);
CREATE TABLE IF NOT EXISTS idempotency_keys (
  account_id INTEGER NOT NULL, key TEXT NOT NULL, status_id INTEGER NOT NULL, expires_at REAL NOT NULL,
  PRIMARY KEY (account_id, key));
CREATE TABLE IF NOT EXISTS media (
  id INTEGER PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES accounts,
  status_id INTEGER REFERENCES statuses ON DELETE SET NULL, position INTEGER NOT NULL DEFAULT 0, kind TEXT NOT NULL,
  width INTEGER NOT NULL, height INTEGER NOT NULL, description TEXT, focus TEXT, data BLOB NOT NULL,
  polls_left INTEGER NOT NULL DEFAULT 0, broken INTEGER NOT NULL DEFAULT 0, created_at REAL NOT NULL);
CREATE INDEX IF NOT EXISTS media_by_status ON media (status_id);
CREATE TABLE IF NOT EXISTS reactions (
  status_id INTEGER NOT NULL REFERENCES statuses ON DELETE CASCADE, kind TEXT NOT NULL, visitor TEXT NOT NULL,
  PRIMARY KEY (status_id, kind, visitor));
"""


class Storage:
    """One SQLite connection that all threads take turns with; `file` is None for memory."""

    def __init__(self, file: Path | None) -> None:
        self._turn = RLock()
        self._last_id = 0
        self._db = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "cache_size=-2000"):
            self._db.execute(f"PRAGMA {pragma}")
        self._db.executescript(SCHEMA)

    @contextmanager
    def opened(self) -> Iterator[sqlite3.Connection]:
        """One transaction: kept when the block ends, undone when it raises."""
        with self._turn:
            self._db.execute("BEGIN")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def new_id(self, now: float) -> int:
        """An id as Mastodon makes them: `id >> 16` is the time in ms; later ids are always larger."""
        with self._turn:
            self._last_id = max(self._last_id + 1, int(now * 1000) << 16)
            return self._last_id

    def close(self) -> None:
        """Close the file; nothing may be asked afterwards."""
        with self._turn:
            self._db.close()
