"""The pages: the public timeline, a profile, one post; visitors react, so that counts are real."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from app.practice import accounts, entities, reactions, statuses
from app.practice.avatars import drawn, hue, initials
from app.practice.errors import Wrong
from app.practice.site import here
from app.practice.visitors import keep_name, keep_visitor, known_name, same_origin_only, visitor
from app.practice.wording import ago, language, say

PAGE = 20
CSP = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
blueprint = Blueprint("pages", __name__)


@blueprint.app_context_processor
def _words() -> dict[str, Any]:
    return {"say": say, "language": language, "ago": ago, "initials": initials, "hue": hue, "known_name": known_name}


@blueprint.app_template_filter("local")
def _local(url: str) -> str:
    """An address of ours without the host, so that it works under every name we are reached by."""
    return url.removeprefix(here().base_url)


@blueprint.app_template_filter("trusted")
def _trusted(content: str) -> Markup:
    """Content that `text.html` has escaped."""
    return Markup(content)  # noqa: S704 - made by text.html, which escapes everything it was given


@blueprint.after_app_request
def _guard(response: Response) -> Response:
    form_action = response.headers.pop("X-Form-Action", "")
    response.headers.setdefault("Content-Security-Policy", f"{CSP} {form_action}".strip())
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    response.headers.setdefault("Referrer-Policy", "same-origin")
    if not response.cache_control:
        response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/healthz")
def healthz() -> Response:
    """200 once we answer."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/avatars/<username>.svg")
def avatar(username: str) -> Response:
    """A person's initials as a picture."""
    with here().storage.opened() as db:
        account = accounts.by_username(db, username) or abort(404)
    response = Response(drawn(account["display_name"], account["username"]), mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


@blueprint.get("/")
@blueprint.get("/tags/<tag>")
def timeline(tag: str | None = None) -> str:
    """What everybody posted, newest first."""
    with here().storage.opened() as db:
        rows = statuses.timeline(db, _page(), tag)
        return _list(db, "timeline.html", rows, tag=tag)


@blueprint.get("/@<username>")
def profile(username: str) -> str:
    """What one person posted."""
    with here().storage.opened() as db:
        account = accounts.by_username(db, username) or abort(404)
        rows = statuses.of_account(db, account["id"], None, _page())
        return _list(db, "profile.html", rows, account=account)


def _page() -> statuses.Page:
    before = request.args.get("before", "")
    known = before.isascii() and before.isdigit() and len(before) < 19
    return statuses.Page(limit=PAGE + 1, max_id=int(before) if known else None)


def _list(db: sqlite3.Connection, template: str, rows: list[sqlite3.Row], **values: object) -> str:
    older = rows[PAGE - 1]["id"] if len(rows) > PAGE else None
    return render_template(template, posts=_shown(db, rows[:PAGE]), older=older, later=bool(request.args), **values)


def _shown(db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[entities.Json]:
    mine = reactions.given(db, [row["id"] for row in rows], visitor())
    posts = entities.statuses(here(), db, rows)
    for post, row in zip(posts, rows, strict=True):
        post["at"], post["mine"] = row["created_at"], [kind for status, kind in mine if status == row["id"]]
    return posts


def _found(db: sqlite3.Connection, username: str, status_id: int) -> sqlite3.Row:
    account = accounts.by_username(db, username)
    rows = statuses.visible(db, [status_id], None)
    if account is None or not rows or rows[0]["account_id"] != account["id"]:
        abort(404)
    return rows[0]


@blueprint.get("/@<username>/<int:status_id>")
def post(username: str, status_id: int) -> str:
    """One post with its replies: the permanent address of a post."""
    with here().storage.opened() as db:
        return _post(db, _found(db, username, status_id))


def _post(db: sqlite3.Connection, row: sqlite3.Row, **values: object) -> str:
    [shown, *replies] = _shown(db, [row, *statuses.replies(db, row["id"])])
    return render_template("post.html", post=shown, replies=replies, **values)


@blueprint.post("/@<username>/<int:status_id>/<any(star, boost):kind>")
def react(username: str, status_id: int, kind: str) -> ResponseReturnValue:
    """Give or take back a star or a boost."""
    same_origin_only()
    back = request.form.get("back", "/")
    inside = back.startswith("/") and not back.startswith(("//", "/\\"))
    response = redirect(f"{back if inside else '/'}#p{status_id}", 303)
    with here().storage.opened() as db:
        _found(db, username, status_id)
        reactions.toggle(db, status_id=status_id, kind=kind, visitor=keep_visitor(response))
    return response


@blueprint.post("/@<username>/<int:status_id>/reply")
def reply(username: str, status_id: int) -> ResponseReturnValue:
    """Reply under a practice name; after a mistake the page keeps what was typed."""
    same_origin_only()
    name, words = request.form.get("name", ""), request.form.get("text", "")
    try:
        with here().storage.opened() as db:
            _found(db, username, status_id)
            author = accounts.named(db, here(), name, language())
            draft = statuses.Draft(text=words, in_reply_to_id=status_id, language=language())
            made = statuses.post(db, here(), account=author, draft=draft)
    except Wrong:
        with here().storage.opened() as db:
            return _post(db, _found(db, username, status_id), mistake="reply_mistake", typed=words, typed_name=name), 422
    return keep_name(redirect(f"/@{username}/{status_id}#p{made['id']}", 303), name)
