"""Apps, codes and tokens: who may do what in whose name."""

import base64
import hashlib
import sqlite3
from collections.abc import Sequence
from hmac import compare_digest
from typing import NoReturn
from urllib.parse import urlsplit

from app.practice.errors import invalid, refuse
from app.practice.site import Site, new_secret

SCOPES = ("read", "profile", "write", "read:accounts", "read:statuses", "write:statuses", "write:media")
CODE_LIFE = 600
_GRANTED = "SELECT t.*, a.username FROM tokens t JOIN accounts a ON a.id = t.account_id WHERE "


def register_app(
    db: sqlite3.Connection, site: Site, *, name: str, redirect_uris: Sequence[str], scopes: str, website: str | None
) -> sqlite3.Row:
    """Register an app, as each instance of Mastodon wants it once."""
    if not name.strip():
        invalid("Name can't be blank")
    if not redirect_uris or not all(map(_is_address, redirect_uris)):
        invalid("Redirect URI must be an absolute URI.")
    if not set(scopes.split()) <= set(SCOPES):
        invalid("Scopes doesn't match configured on the server.")
    app_id = site.new_id()
    db.execute(
        "INSERT INTO apps VALUES (?, ?, ?, ?, ?, ?, ?)",
        (app_id, name.strip()[:60], website, "\n".join(redirect_uris), scopes, new_secret(), new_secret()),
    )
    row: sqlite3.Row = db.execute("SELECT * FROM apps WHERE id = ?", (app_id,)).fetchone()
    return row


def _is_address(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.fragment


def app_by_client_id(db: sqlite3.Connection, client_id: str) -> sqlite3.Row | None:
    """The app with this client id."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM apps WHERE client_id = ?", (client_id,)).fetchone()
    return row


def trusted_app(db: sqlite3.Connection, client_id: str, client_secret: str) -> sqlite3.Row:
    """The app that proves itself by its secret, else 401."""
    app = app_by_client_id(db, client_id)
    if app is None or not compare_digest(app["client_secret"].encode(), client_secret.encode()):
        refuse(
            401,
            "invalid_client",
            "Client authentication failed due to unknown client or unsupported authentication method.",
        )
    return app


def issue_code(
    db: sqlite3.Connection,
    site: Site,
    *,
    app_id: int,
    account_id: int,
    redirect_uri: str,
    scopes: str,
    challenge: str | None,
) -> str:
    """A code that can be turned into a token once, within ten minutes."""
    code = new_secret()
    expires_at = site.now() + CODE_LIFE
    db.execute(
        "INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?)",
        (code, app_id, account_id, redirect_uri, scopes, challenge, expires_at),
    )
    return code


def redeem_code(db: sqlite3.Connection, site: Site, *, app: sqlite3.Row, code: str, redirect_uri: str, verifier: str) -> sqlite3.Row:
    """Turn a code into a token; everything must fit, and the code is gone afterwards."""
    row = db.execute("DELETE FROM codes WHERE code = ? RETURNING *", (code,)).fetchone()
    if (
        row is None
        or row["app_id"] != app["id"]
        or row["redirect_uri"] != redirect_uri
        or row["expires_at"] < site.now()
        or not _proves(verifier, row["challenge"])
    ):
        _invalid_grant()
    return issue_token(db, site, app_id=app["id"], account_id=row["account_id"], scopes=row["scopes"])


def _proves(verifier: str, challenge: str | None) -> bool:
    if challenge is None:
        return True
    digest = hashlib.sha256(verifier.encode()).digest()
    return compare_digest(base64.urlsafe_b64encode(digest).rstrip(b"="), challenge.rstrip("=").encode())


def _invalid_grant() -> NoReturn:
    refuse(
        400,
        "invalid_grant",
        "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI used in the"
        " authorization request, or was issued to another client.",
    )


def issue_token(db: sqlite3.Connection, site: Site, *, app_id: int, account_id: int, scopes: str) -> sqlite3.Row:
    """A new token; it never ends unless the switch `token_lifetime` says so."""
    token_id, now = site.new_id(), site.now()
    username = db.execute("SELECT username FROM accounts WHERE id = ?", (account_id,)).fetchone()["username"]
    life = site.faults.switch("token_lifetime", username)
    db.execute(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        (
            token_id,
            app_id,
            account_id,
            new_secret(),
            new_secret() if life else None,
            scopes,
            now,
            now + life.seconds if life else None,
        ),
    )
    row: sqlite3.Row = db.execute(_GRANTED + "t.id = ?", (token_id,)).fetchone()
    return row


def refresh(db: sqlite3.Connection, site: Site, *, app: sqlite3.Row, refresh_token: str) -> sqlite3.Row:
    """A new pair for an old refresh token, which is dead afterwards."""
    old = db.execute("SELECT * FROM tokens WHERE refresh_token = ? AND app_id = ?", (refresh_token, app["id"])).fetchone()
    if old is None:
        _invalid_grant()
    db.execute(
        "UPDATE tokens SET refresh_token = NULL, revoked_at = coalesce(revoked_at, ?) WHERE id = ?",
        (site.now(), old["id"]),
    )
    return issue_token(db, site, app_id=app["id"], account_id=old["account_id"], scopes=old["scopes"])


def revoke(db: sqlite3.Connection, site: Site, *, app: sqlite3.Row, token: str) -> None:
    """End a token; ending what is not there is fine, ending another app's token is not."""
    row = db.execute("SELECT * FROM tokens WHERE access_token = ? OR refresh_token = ?", (token, token)).fetchone()
    if row is not None and row["app_id"] != app["id"]:
        refuse(403, "unauthorized_client", "You are not authorized to revoke this token")
    if row is not None:
        db.execute("UPDATE tokens SET revoked_at = ?, refresh_token = NULL WHERE id = ?", (site.now(), row["id"]))


def expire_tokens(db: sqlite3.Connection, site: Site, *, username: str | None, refresh_too: bool) -> int:
    """End all tokens of one account or of all; with `refresh_too` they cannot be refreshed either. How many."""
    done = db.execute(
        "UPDATE tokens SET revoked_at = ?, refresh_token = CASE WHEN ? THEN NULL ELSE refresh_token END"
        " WHERE revoked_at IS NULL AND (? IS NULL OR account_id = (SELECT id FROM accounts WHERE username = ?))",
        (site.now(), refresh_too, username, username),
    )
    return done.rowcount


def token(db: sqlite3.Connection, access_token: str) -> sqlite3.Row | None:
    """The token row, dead or alive, with the account's user name."""
    row: sqlite3.Row | None = db.execute(_GRANTED + "t.access_token = ?", (access_token,)).fetchone()
    return row
