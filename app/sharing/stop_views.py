"""The page that stops sharing and lets it go on; and what other pages say while something is stopped."""

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import get_locale, gettext
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from app import db, shell
from app.errors import Invalid, Missing, Refusal, _
from app.people import topics
from app.people.models import Role
from app.sharing import networks, stop_board, stops
from app.sharing.models import Delivery
from app.sharing.stop_board import Known
from app.sharing.stop_models import Scope
from app.web import allow, me

bp = Blueprint("stops", __name__)
shell.NUMBERS["stops"] = stop_board.active_stops


def _known() -> list[Known]:
    return stop_board.read(shell.number("stops", current_user.id)) if current_user.is_authenticated else []


def stopped_by(delivery: Delivery) -> Known | None:
    """The active stop that holds this delivery."""
    return next((one for one in _known() if one.reaches(delivery)), None) if delivery.state in ("queued", "held") else None


def all_stopped() -> Known | None:
    """The stop that holds everything."""
    return next((one for one in _known() if one.scope == Scope.EVERYTHING), None)


def stopped_posts() -> set[str]:
    """The ids of the posts that are stopped each by itself."""
    return {one.subject for one in _known() if one.scope == Scope.POST}


@bp.app_context_processor
def values() -> dict[str, Callable[..., Any]]:
    """What any page may ask; only a page that asks pays for it, and no more than one number of the shell."""
    return {"stopped_by": stopped_by, "all_stopped": all_stopped, "stopped_posts": stopped_posts}


@bp.get("/stops")
@allow(Role.REVIEWER, Role.ADMIN)
def page() -> str:
    """One button, what is stopped, and what was."""
    return _page({"what": request.args.get("what", "everything")})


def _page(form: dict[str, str], error: Refusal | None = None) -> str:
    g.section = "/admin" if me().is_admin else "/review"
    before, locale = request.args.get("before"), str(get_locale())
    past, older = stop_board.ended(before=_id(before) if before else None)
    return render_template(
        "stops/page.html",
        lines=stop_board.lines(locale),
        past=past,
        names=stop_board.names(past, locale),
        older=older,
        options=_options(form.get("what", ""), locale),
        form=form,
        error=error,
    )


def _options(chosen: str, locale: str) -> list[tuple[str, str]]:
    """What can be stopped: everything, each network, each topic, the newest posts and the one asked for."""
    found = [("everything", gettext("Everything"))]
    found += [(f"network:{key}", gettext("Network: %(name)s", name=networks.name_of(key))) for key in networks.networks()]
    found += [(f"topic:{key}", gettext("Topic: %(name)s", name=name)) for key, name in topics.options(locale)]
    scope, _colon, subject = chosen.partition(":")
    posts = stop_board.recent_posts(subject if scope == "post" else "")
    return found + [(f"post:{key}", gettext("Post: “%(words)s”", words=words)) for key, words in posts]


@bp.post("/stops")
@allow(Role.REVIEWER, Role.ADMIN)
def press() -> AnyResponse | tuple[str, int]:
    """The button."""
    form = {key: request.form.get(key, "") for key in ("what", "reason")}
    scope, _colon, subject = form["what"].partition(":")
    try:
        stops.stop(me(), scope=scope, subject=subject, reason=form["reason"])
    except Invalid as refused:
        db.rollback()
        return _page(form, refused), refused.status
    flash(gettext("Stopped. What has not left waits, and its owners read why."), "good")
    return redirect(url_for(".page"), 303)


@bp.post("/stops/<uuid:stop_id>/end")
@allow(Role.REVIEWER, Role.ADMIN)
def end(stop_id: uuid.UUID) -> AnyResponse:
    """Let it go on."""
    stops.resume(me(), stop_id)
    flash(gettext("It goes on. What waited leaves little by little."), "good")
    return redirect(url_for(".page"), 303)


def _id(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError as error:
        raise Missing(_("There is nothing at this address, or it is not for you to see.")) from error
