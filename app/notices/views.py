"""The notices page, and how many are new, for every page."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask_login import current_user
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response

from app import shell
from app.notices import unread
from app.notices.sentences import SENTENCES, UNKNOWN
from app.people.entry_views import own_path
from app.web import EMPLOYEE, allow, me

bp = Blueprint("notices", __name__)


@bp.app_context_processor
def unread_notices() -> dict[str, Any]:
    """How many notices are new; asked for only when a template uses it, so that fragments cost nothing."""
    return {"unread_notices": LocalProxy(_count)}


def _count() -> int:
    return int(shell.number("unread_notices", current_user.id)) if current_user.is_authenticated else 0


shell.NUMBERS["unread_notices"] = unread.counted


@bp.get("/notices")
@allow(EMPLOYEE)
def page() -> str:
    """What I should know, newest first."""
    found = unread.page(me().id, before=request.args.get("before", type=uuid.UUID))
    title: Callable[[Any], str] = lambda notice: unread.title(notice, me().locale)  # noqa: E731 - one word for the template
    return render_template("notices/notices.html", page=found, title=title, icon_of=lambda kind: SENTENCES.get(kind, UNKNOWN).icon)


@bp.post("/notices/<uuid:notice_id>/open")
@allow(EMPLOYEE)
def open_notice(notice_id: uuid.UUID) -> Response:
    """Mark a notice as read and go where it leads."""
    notice = unread.open_one(notice_id, user_id=me().id)
    return redirect(own_path(notice.url), 303)


@bp.post("/notices/read")
@allow(EMPLOYEE)
def read_all() -> Response:
    """Mark all as read, up to the newest one on the page from which this was asked."""
    until = request.form.get("until", type=uuid.UUID)
    if until is not None:
        unread.read_all(me().id, until=until)
    return redirect(url_for("notices.page"), 303)
