"""Mastodon's API: accounts and statuses."""

import sqlite3
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, g, jsonify, request

from app.practice import accounts, entities, statuses
from app.practice.callers import caller, fields, pace, viewer
from app.practice.errors import invalid, refuse
from app.practice.site import here

blueprint = Blueprint("statuses_api", __name__, url_prefix="/api/v1")
pace(blueprint)
_KNOWN = {
    "status", "media_ids", "visibility", "language", "spoiler_text", "sensitive", "in_reply_to_id",
    "media_attributes", "poll", "scheduled_at", "quote_approval_policy", "quoted_status_id", "allowed_mentions",
}  # fmt: skip
_NOT_HERE = {"poll", "scheduled_at", "quoted_status_id"}


@blueprint.get("/accounts/verify_credentials")
def verify_credentials() -> Response:
    """Who am I."""
    with here().storage.opened() as db:
        return jsonify(entities.own_account(here(), caller(db, "profile", "read:accounts")))


@blueprint.get("/accounts/<int:account_id>")
def account(account_id: int) -> Response:
    """One account."""
    with here().storage.opened() as db:
        return jsonify(entities.account(here(), accounts.by_id(db, account_id) or refuse(404, "Record not found")))


@blueprint.get("/accounts/<int:account_id>/statuses")
def account_statuses(account_id: int) -> Response:
    """An account's statuses, newest first. There are no boosts among them, so `exclude_reblogs` changes nothing."""
    page = statuses.Page(
        limit=min(_number("limit") or 20, 40),
        max_id=_number("max_id"),
        since_id=_number("since_id"),
        min_id=_number("min_id"),
    )
    with here().storage.opened() as db:
        if accounts.by_id(db, account_id) is None:
            refuse(404, "Record not found")
        rows = statuses.of_account(
            db,
            account_id,
            viewer(db),
            page,
            without_replies=_truthy(request.args.get("exclude_replies")),
            only_media=_truthy(request.args.get("only_media")),
        )
        rows = [] if _truthy(request.args.get("pinned")) else rows
        return _with_links(jsonify(entities.statuses(here(), db, rows)), rows, page.limit)


def _number(name: str) -> int | None:
    value = request.args.get(name)
    if value and not (value.isascii() and value.isdigit() and len(value) < 19):
        refuse(400, f"{name} is not a number")
    return int(value) if value else None


def _truthy(value: object) -> bool:
    return str(value).lower() in ("1", "true", "on", "t")


def _with_links(response: Response, rows: list[sqlite3.Row], limit: int) -> Response:
    if rows:
        kept = {k: v for k, v in request.args.items() if k not in ("max_id", "since_id", "min_id")}
        base = f"{here().base_url}{request.path}?"
        links = [f'<{base}{urlencode({**kept, "min_id": rows[0]["id"]})}>; rel="prev"']
        if len(rows) == limit:
            links.insert(0, f'<{base}{urlencode({**kept, "max_id": rows[-1]["id"]})}>; rel="next"')
        response.headers["Link"] = ", ".join(links)
    return response


@blueprint.post("/statuses")
def post_status() -> Response:
    """Publish."""
    with here().storage.opened() as db:
        account = caller(db, "write:statuses")
        made = statuses.post(
            db,
            here(),
            account=account,
            draft=_draft(fields()),
            app_id=g.app_id,
            idempotency_key=request.headers.get("Idempotency-Key"),
        )
        return jsonify(entities.statuses(here(), db, [made])[0])


def _draft(sent: dict[str, Any]) -> statuses.Draft:
    unknown = sorted(set(sent) - _KNOWN)
    if unknown:
        refuse(422, f"The practice network is strict: unknown field {', '.join(unknown)}")
    if any(sent.get(name) for name in _NOT_HERE):
        refuse(422, "The practice network has no polls, quotes or scheduled posts")
    return statuses.Draft(
        text=str(sent.get("status") or ""),
        media_ids=[_id(value) for value in sent.get("media_ids") or ()],
        visibility=str(sent.get("visibility") or "public"),
        language=sent.get("language") or None,
        spoiler_text=str(sent.get("spoiler_text") or ""),
        sensitive=_truthy(sent.get("sensitive")),
        in_reply_to_id=_id(sent["in_reply_to_id"]) if sent.get("in_reply_to_id") else None,
    )


def _id(value: object) -> int:
    written = str(value)
    return int(written) if written.isascii() and written.isdigit() and len(written) < 19 else invalid("id is not a number")


@blueprint.get("/statuses")
def some_statuses() -> Response:
    """Several statuses by `id[]`; those that are gone are left out."""
    ids = [_id(value) for value in request.args.getlist("id[]") or request.args.getlist("id")][:40]
    with here().storage.opened() as db:
        return jsonify(entities.statuses(here(), db, statuses.visible(db, ids, viewer(db))))


@blueprint.get("/statuses/<int:status_id>")
def one_status(status_id: int) -> Response:
    """One status."""
    with here().storage.opened() as db:
        rows = statuses.visible(db, [status_id], viewer(db)) or refuse(404, "Record not found")
        return jsonify(entities.statuses(here(), db, rows)[0])


@blueprint.delete("/statuses/<int:status_id>")
def delete_status(status_id: int) -> Response:
    """Delete an own status; the answer shows it once more, with its plain text."""
    with here().storage.opened() as db:
        account = caller(db, "write:statuses")
        [shown] = entities.statuses(here(), db, statuses.visible(db, [status_id], account["id"]) or refuse(404, "Record not found"))
        gone = statuses.delete(db, account_id=account["id"], status_id=status_id)
        return jsonify({**shown, "text": gone["text"]})
