"""Pages of the reviewers: the queue, one proposal with its passages and rules, the decision, live posts."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_date, get_locale, gettext
from werkzeug.wrappers import Response as AnyResponse

from app import db
from app.clock import now
from app.db import session
from app.editorial import claims, cleaning, posts, proposals, queue, remarks, reviews, sheet, standing, wording
from app.editorial.models import Decision, Post, Proposal
from app.errors import Invalid, Missing, Refusal, _
from app.guidelines import rulebook
from app.guidelines.models import GuidelineVersion
from app.people.models import Role
from app.web import allow, me

bp = Blueprint("review", __name__, url_prefix="/review")
bp.context_processor(lambda: {"expected": proposals.expected, "by": standing.by})


@bp.get("")
@allow(Role.REVIEWER)
def page() -> str:
    """The queue, the most urgent first."""
    after = request.args.get("after")
    found = queue.page(after=queue.place(after) if after else None)
    return render_template("review/queue.html", queue=found, first=queue.next_for(me().id), now=now, holder=claims.holder)


@bp.get("/<uuid:proposal_id>")
@allow(Role.REVIEWER)
def proposal(proposal_id: uuid.UUID) -> str:
    """One proposal as its readers will see it, with the passages marked so far."""
    return _sheet(sheet.find(proposal_id), {})


def _sheet(found: Proposal, form: Mapping[str, Any], error: Refusal | None = None) -> str:
    shown = sheet.lay_out(found, me(), request.values.get("language", ""))
    return render_template(
        "review/proposal.html",
        sheet=shown,
        proposal=found,
        queue=queue.page(limit=8),
        hits=rulebook.search(form.get("rule", ""), str(get_locale())) if form.get("rule") else [],
        form=form,
        error=error,
        now=now,
        networks=wording.NETWORKS,
    )


@bp.post("/<uuid:proposal_id>/claim")
@allow(Role.REVIEWER)
def claim(proposal_id: uuid.UUID) -> AnyResponse:
    """Hold the proposal and open it."""
    claims.claim(sheet.find(proposal_id), me())
    return redirect(url_for(".proposal", proposal_id=proposal_id), 303)


@bp.post("/<uuid:proposal_id>/release")
@allow(Role.REVIEWER)
def release(proposal_id: uuid.UUID) -> AnyResponse:
    """Give it back to the queue."""
    claims.release(sheet.find(proposal_id), me())
    return redirect(url_for(".page"), 303)


@bp.get("/rules")
@allow(Role.REVIEWER)
def rules() -> str:
    """Guidelines that fit the typed number or words, as a piece of the page."""
    hits = rulebook.search(request.args.get("rule", ""), str(get_locale()))
    return render_template("review/_rules.html", hits=hits, chosen="")


@bp.post("/<uuid:proposal_id>/remarks")
@allow(Role.REVIEWER)
def remark(proposal_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    """Write a remark on a passage; nothing leaves before the decision."""
    found = sheet.find(proposal_id)
    try:
        claims.claim(found, me())
        _write_remark(found, request.form)
    except Invalid as refused:
        return _again(found, refused)
    language = request.form.get("language", "")
    return redirect(url_for(".proposal", proposal_id=proposal_id, language=language, _anchor="remarks"), 303)


def _write_remark(found: Proposal, form: Mapping[str, str]) -> None:
    if found.revision is None:
        raise Missing(_("This proposal has not been submitted."))
    remarks.add(
        found.revision,
        me(),
        passage=remarks.Passage(form.get("language", ""), _number(form.get("start")), _number(form.get("end"))),
        quote=form.get("quote", "").replace("\r\n", "\n"),
        message=form.get("message", ""),
        guideline=_rule(form),
        replacement=form.get("replacement", "").replace("\r\n", "\n") or None,
    )


def _number(typed: str | None) -> int:
    return int(typed) if typed and typed.isdecimal() and len(typed) < 8 else 0


def _rule(form: Mapping[str, str]) -> GuidelineVersion | None:
    """The guideline chosen from the list, or typed as a number; none when the field was left empty."""
    typed = form.get("rule", "").strip()
    if form.get("guideline"):
        return rulebook.version(_id(form["guideline"]))
    if not typed:
        return None
    hits = rulebook.search(typed, str(get_locale()), limit=1)
    if not hits:
        raise Invalid(_("There is no guideline like that. Type its number (7) or a word of its title, or leave it empty."), field="rule")
    return hits[0]


def _id(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError as error:
        raise Missing(_("There is nothing at this address, or it is not for you to see.")) from error


def _again(found: Proposal, refused: Refusal) -> tuple[str, int]:
    """The page once more with what was typed and the sentence at its place; nothing is lost."""
    db.rollback()
    session.refresh(found)
    return _sheet(found, request.form, refused), refused.status


@bp.post("/<uuid:proposal_id>/remarks/<uuid:remark_id>/discard")
@allow(Role.REVIEWER)
def discard(proposal_id: uuid.UUID, remark_id: uuid.UUID) -> AnyResponse:
    """Throw away a remark that has not left."""
    remarks.discard(remark_id, me())
    return redirect(url_for(".proposal", proposal_id=proposal_id, _anchor="remarks"), 303)


@bp.post("/<uuid:proposal_id>/decision")
@allow(Role.REVIEWER)
def decide(proposal_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    """Send the decision with all remarks, and open the next proposal."""
    found = sheet.find(proposal_id)
    try:
        decision = _decision(request.form.get("decision", ""))
        window = _window(found, request.form) if decision is Decision.APPROVED else None
        message, seen = request.form.get("message", ""), request.form.get("content_hash", "")
        reviews.review(found, me(), decision, content_hash=seen, message=message, window=window)
    except Invalid as refused:
        return _again(found, refused)
    flash(_planned(window) if window and window.start > now() else SENT[decision](), "good")
    return redirect(url_for(".page"), 303)


SENT = {
    Decision.APPROVED: lambda: gettext("Approved. It is on the home page of everyone who follows the topic."),
    Decision.CHANGES_REQUESTED: lambda: gettext("Sent. The author has your remarks."),
    Decision.DECLINED: lambda: gettext("Declined. Only the author reads your reason."),
}


def _planned(window: posts.Window) -> str:
    day = format_date(window.start, "long")
    return str(gettext("Approved. From %(day)s on it is on the home page of everyone who follows the topic.", day=day))


def _decision(typed: str) -> Decision:
    try:
        return Decision(typed)
    except ValueError as error:
        raise Invalid(_("Choose what you decide."), field="decision") from error


def _window(found: Proposal, form: Mapping[str, str]) -> posts.Window:
    """The share window from two days, in the reviewer's time zone; what is left empty follows the author's wish."""
    wished = posts.wished_window(found)
    start, end = _day(form.get("share_from"), time.min), _day(form.get("share_until"), time(23, 59))
    return posts.Window(max(start, now()) if start else wished.start, end or wished.end)


def _day(typed: str | None, at: time) -> datetime | None:
    if not typed:
        return None
    day = cleaning.day(typed)
    if day is None:
        raise Invalid(_("Write the day as year, month, day: 2027-05-12."), field="share_until")
    return datetime.combine(date.fromisoformat(day), at, ZoneInfo(me().time_zone)).astimezone(UTC)


@bp.get("/posts")
@allow(Role.REVIEWER)
def live_posts() -> str:
    """Approved posts, newest first: what is out there, and the button that stops one."""
    before = request.args.get("before")
    found, older = posts.page(before=_id(before) if before else None)
    return render_template("review/posts.html", posts=found, older=older, now=now)


@bp.post("/posts/<uuid:post_id>/withdraw")
@allow(Role.REVIEWER)
def withdraw(post_id: uuid.UUID) -> AnyResponse:
    """Take a post out of sharing."""
    post = session.get(Post, post_id)
    if post is None:
        raise Missing(_("There is no such post."))
    posts.withdraw(post, me(), reason=request.form.get("reason", ""))
    flash(gettext("Withdrawn. Nobody can share it any more, and what had not left is stopped."), "good")
    return redirect(url_for(".live_posts"), 303)
