"""Pages of the author: my proposals, one proposal with everything said about it, what changed between revisions."""

import uuid
from itertools import pairwise

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from sqlalchemy import select
from werkzeug.wrappers import Response as AnyResponse

from app.db import session
from app.editorial import answers, drafts, editor_views, posts, proposals, results, revisions, standing
from app.editorial import content as contents
from app.editorial.models import Proposal, Remark, Revision
from app.errors import Invalid, Missing, Refusal, Stale, _
from app.people.models import Role
from app.web import EMPLOYEE, allow, me

bp = Blueprint("proposals", __name__)
bp.context_processor(editor_views.template_words)
bp.add_url_rule("/write", view_func=editor_views.write)
bp.add_url_rule("/proposals/<uuid:proposal_id>/edit", view_func=editor_views.edit)
bp.add_url_rule("/proposals/<uuid:proposal_id>/link", view_func=editor_views.link)
bp.add_url_rule("/proposals/draft", view_func=editor_views.save, methods=["POST"])
bp.add_url_rule("/proposals/submit", view_func=editor_views.submit, methods=["POST"])


@bp.get("/proposals")
@allow(Role.EXPERT)
def index() -> str:
    """My proposals, newest first, and where each one stands."""
    show = request.args.get("show", "")
    found = proposals.page(me(), show=show, before=_before(request.args.get("before", "")))
    return render_template(
        "proposals/index.html",
        page=found,
        posts=posts.of_proposals([one.id for one in found.proposals if one.state == "approved"]),
        show=show,
        standing=standing,
        contents=contents,
    )


def _before(value: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if value else None
    except ValueError as error:
        raise Missing(_("There is no such page of your proposals.")) from error


@bp.get("/proposals/<uuid:proposal_id>")
@allow(Role.EXPERT)
def show(proposal_id: uuid.UUID) -> str:
    """The text as its readers see it, where it stands, and everything that was said."""
    return _page(drafts.mine(me(), proposal_id))


def _page(proposal: Proposal, error: Refusal | None = None) -> str:
    numbered = revisions.of_proposal(proposal.id)
    reviews = proposals.reviews_of(proposal.id)
    draft = contents.of(proposal.draft)
    return render_template(
        "proposals/show.html",
        proposal=proposal,
        content=contents.of(proposal.revision.content) if proposal.revision else draft,
        contents=contents,
        revisions=numbered,
        pairs=list(pairwise(numbered)),
        reviews=reviews,
        takes={one.id: answers.passage_is_there(draft["texts"].get(one.language, ""), one) for review in reviews for one in review.remarks},
        place=proposals.places([proposal]).get(proposal.id),
        post=posts.of_proposals([proposal.id]).get(proposal.id),
        standing=standing,
        results=results.of(proposal),
        error=error,
    )


@bp.get("/proposals/<uuid:proposal_id>/compare")
@allow(EMPLOYEE)
def compare(proposal_id: uuid.UUID) -> str:
    """What changed between two revisions, for the author and for reviewers."""
    wanted = select(Proposal).where(Proposal.id == proposal_id)
    found = session.scalars(wanted if me().is_reviewer else wanted.where(Proposal.author_id == me().id)).one_or_none()
    numbered = revisions.of_proposal(proposal_id) if found else []
    if found is None or not numbered:
        raise Missing(_("There is no such proposal, or it has not been submitted."))
    older, newer = revisions.pair(numbered, *_numbers(numbered))
    changes = revisions.compare(contents.of(older.content), contents.of(newer.content))
    return render_template("proposals/compare.html", proposal=found, revisions=numbered, older=older, newer=newer, changes=changes)


def _numbers(numbered: list[Revision]) -> tuple[int, int]:
    """The asked-for numbers; without any, the last revision and the one before it."""
    last = numbered[-1].number
    try:
        newer = int(request.args.get("to", last))
        return int(request.args.get("from", max(1, newer - 1))), newer
    except ValueError as error:
        raise Missing(_("This proposal has no such revision.")) from error


@bp.post("/proposals/<uuid:proposal_id>/withdraw")
@allow(Role.EXPERT)
def withdraw(proposal_id: uuid.UUID) -> AnyResponse:
    """Take it back."""
    proposals.withdraw(me(), proposal_id)
    flash(gettext("Withdrawn. Nobody will review it; you can take it up again whenever you like."), "info")
    return redirect(url_for(".show", proposal_id=proposal_id), 303)


@bp.post("/proposals/<uuid:proposal_id>/take-up")
@allow(Role.EXPERT)
def take_up(proposal_id: uuid.UUID) -> AnyResponse:
    """Go on with it."""
    drafts.take_up(me(), proposal_id)
    return redirect(url_for(".edit", proposal_id=proposal_id), 303)


@bp.post("/proposals/remarks/<uuid:remark_id>/answer")
@allow(Role.EXPERT)
def answer(remark_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    """Answer a remark."""
    try:
        remark = answers.answer(remark_id, me(), request.form.get("answer", ""))
    except (Invalid, Stale) as refusal:
        return _again(remark_id, refusal)
    return _back(remark)


@bp.post("/proposals/remarks/<uuid:remark_id>/accept")
@allow(Role.EXPERT)
def accept(remark_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    """Take over the suggested wording."""
    try:
        remark = answers.accept(remark_id, me())
    except (Invalid, Stale) as refusal:
        return _again(remark_id, refusal)
    flash(gettext("Taken over into your draft. Submit it again when you are done."), "good")
    return _back(remark)


def _back(remark: Remark) -> AnyResponse:
    proposal_id = session.get_one(Revision, remark.revision_id).proposal_id
    return redirect(url_for(".show", proposal_id=proposal_id, _anchor=f"remark-{remark.id}"), 303)


def _again(remark_id: uuid.UUID, refusal: Refusal) -> tuple[str, int]:
    """The page again, with what was typed and why it did not work."""
    _remark, proposal = answers.find(me(), remark_id)
    return _page(proposal, refusal), refusal.status
