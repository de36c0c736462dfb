"""The page of a recall: who still has a copy of a withdrawn post, and the button that reminds them."""

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response as AnyResponse

from app.clock import now
from app.editorial import content
from app.errors import Missing, _
from app.people.models import Role
from app.sharing import recall, switches
from app.sharing.networks import name_of, networks
from app.web import allow, me

bp = Blueprint("recall", __name__)


@bp.get("/posts/<uuid:post_id>/recall")
@allow(Role.REVIEWER, Role.ADMIN)
def page(post_id: uuid.UUID) -> str:
    """Every copy, and what is known of it."""
    g.section = "/review/posts" if me().is_reviewer else "/admin"
    post, show, before = recall.find(post_id), request.args.get("show", "all"), request.args.get("before")
    words = content.first_words(content.of(post.content))
    if post.state != "withdrawn":
        return render_template("recall/not_yet.html", post=post, words=words)
    rows, older = recall.page(post, show=show, before=_id(before) if before else None)
    counted, reminded = recall.counts(post), recall.reminded_at(post)
    return render_template(
        "recall/page.html",
        post=post,
        words=words,
        rows=rows,
        older=older,
        show=show,
        sums={key: sum(counted[one] for one in kinds) for key, kinds in recall.SHOWN.items()},
        to_delete=sum(counted[one] for one in recall.TO_DELETE),
        reminded=reminded,
        may_remind=reminded is None or now() >= reminded + recall.REMIND_EVERY,
        network_name=_name,
    )


def _name(key: str) -> str:
    """A network, or a way by hand."""
    return name_of(key) if key in networks() else switches.link_name(key)


@bp.post("/posts/<uuid:post_id>/recall/reminders")
@allow(Role.REVIEWER, Role.ADMIN)
def remind(post_id: uuid.UUID) -> AnyResponse:
    """Ask those once more who have it still."""
    told = recall.remind(me(), post_id)
    flash(ngettext("%(num)s person was reminded.", "%(num)s people were reminded.", told), "good")
    return redirect(url_for(".page", post_id=post_id), 303)


def _id(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError as error:
        raise Missing(_("There is nothing at this address, or it is not for you to see.")) from error
