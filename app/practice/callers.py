"""Who calls the API: the bearer token, what it may do, how often it may ask."""

import sqlite3
from typing import Any

from flask import Blueprint, Response, g, jsonify, request
from flask.typing import ResponseReturnValue

from app.practice import accounts, grants
from app.practice.errors import refuse
from app.practice.site import here


def bearer() -> str:
    """The token of this request, or ''."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip() if kind.lower() == "bearer" else ""


def caller(db: sqlite3.Connection, *scopes: str) -> sqlite3.Row:
    """The account that calls, with `app_id`; its token must live and have one of the scopes."""
    row = grants.token(db, bearer())
    if row is None:
        refuse(401, "The access token is invalid")
    if row["revoked_at"] is not None:
        refuse(401, "The access token was revoked")
    if row["expires_at"] is not None and row["expires_at"] <= here().now():
        refuse(401, "The access token expired")
    if not set(row["scopes"].split()) & {*scopes, *(scope.partition(":")[0] for scope in scopes)}:
        refuse(403, "This action is outside the authorized scopes")
    g.app_id = row["app_id"]
    account = accounts.by_id(db, row["account_id"])
    assert account is not None
    return account


def viewer(db: sqlite3.Connection) -> int | None:
    """The account that looks, where strangers may look too."""
    return caller(db, "read:statuses")["id"] if bearer() else None


def fields() -> dict[str, Any]:
    """What the request brings: a JSON object or a form; lists keep their names without []."""
    if request.is_json:
        body = request.get_json()
        return body if isinstance(body, dict) else refuse(400, "There was a problem parsing the request parameters")
    form = request.form.to_dict(flat=False)
    return {k.removesuffix("[]"): v if k.endswith("[]") else v[-1] for k, v in form.items()}


def pace(blueprint: Blueprint) -> None:
    """Count each call of a blueprint and show what is left, as Mastodon does."""
    blueprint.before_request(_count)
    blueprint.after_request(_show)


def _count() -> ResponseReturnValue | None:
    allowed, g.pace = here().pacing.count(bearer() or request.remote_addr or "", here().now())
    return None if allowed else (jsonify(error="Too many requests"), 429)


def _show(response: Response) -> Response:
    response.headers.extend(g.get("pace", {}))
    return response
