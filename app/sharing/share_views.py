"""Sharing a post: with one click, in one's own words, by hand; and what became of it."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

import config
from app import clock, db
from app.errors import Invalid, Missing, _
from app.sharing import compose_views, deliveries, feed, hand_shares, lateness, recall, shares, timeline
from app.sharing.account_models import ConnectedAccount
from app.sharing.deliveries import Answer
from app.sharing.models import Delivery, Share
from app.sharing.networks import name_of
from app.sharing.switches import link_name
from app.web import EMPLOYEE, allow, fragment, me

bp = Blueprint("shares", __name__)


@bp.post("/posts/<uuid:post_id>/shares")
@allow(EMPLOYEE)
def create(post_id: uuid.UUID) -> AnyResponse | str | tuple[str, int]:
    """The click. A second one changes nothing."""
    form = request.form
    try:
        made = shares.share(
            me(),
            feed.find(post_id),
            accounts=_chosen(form.getlist("account")),
            click=form.get("click", ""),
            language=form.get("language", ""),
            words=form.get("words", ""),
            at=_moment(compose_views.time_typed(form)),
            left_to_us=form.get("when") == compose_views.OURS,
            late_after=lateness.chosen(form.get("late", "")),
            seen=_seen(form),
        )
    except Invalid as refused:
        if "compose" in form:
            db.rollback()
            return compose_views.form_again(post_id, refused)
        raise
    if fragment():
        return _progress(made.id)
    flash(compose_views.said(made), "good")
    return redirect(url_for(".page", _anchor=f"share-{made.id}"), 303)


def _chosen(ids: list[str]) -> list[ConnectedAccount]:
    """The person's usable accounts with these ids; what is not theirs is Missing."""
    usable = {str(one.id): one for one in feed.usable_accounts(me())}
    if any(one not in usable for one in ids):
        raise Missing(_("There is no such account, or it is not yours."))
    return [usable[one] for one in ids]


def _seen(form: MultiDict[str, str]) -> dict[uuid.UUID, uuid.UUID]:
    """Which wording the person saw for each account: fields `seen-<account>`."""
    pairs = {name.removeprefix("seen-"): value for name, value in form.items() if name.startswith("seen-")}
    try:
        return {uuid.UUID(account): uuid.UUID(variant) for account, variant in pairs.items()}
    except ValueError as error:
        raise Invalid(_("This page is out of date. Reload it and share again.")) from error


def _moment(typed: str) -> datetime | None:
    """A moment in the person's own time zone, as date fields give it."""
    if not typed:
        return None
    try:
        moment = datetime.fromisoformat(typed)
        own = moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(me().time_zone))
        return own.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Invalid(_("Choose a day and a time, like 2027-05-12 09:30."), field="at") from error


def _progress(share_id: uuid.UUID) -> str:
    db.session.flush()
    found = timeline.one(me(), share_id)
    if found is None:
        raise Missing(_("There is no such share, or it is not yours."))
    return render_template("shares/_progress.html", share=found, name_of=name_of, undo_left=undo_left(found), asks=deliveries.asks_owner)


def undo_left(share: Share) -> int:
    """How many seconds are left to undo, 0 when something has left or nothing waits."""
    waiting = [one for one in share.deliveries if one.state == "queued" and one.tries == 0]
    if not waiting or len(waiting) < len(share.deliveries):
        return 0
    left = int((min(one.due_at for one in waiting) - clock.now()).total_seconds())
    return max(0, left) if left <= config.settings().undo_seconds else 0


@bp.get("/shares/<uuid:share_id>/progress")
@allow(EMPLOYEE)
def progress(share_id: uuid.UUID) -> str:
    """Where a share stands, as a piece of the page that asks again while something moves."""
    return _progress(share_id)


@bp.post("/shares/<uuid:share_id>/undo")
@allow(EMPLOYEE)
def undo(share_id: uuid.UUID) -> AnyResponse | str:
    """Within the undo time: nothing leaves."""
    rows = deliveries.cancel_share(me(), share_id)
    if fragment():
        user, post = me(), feed.find(rows[0].post_id)
        again = feed.card(user, post, feed.usable_accounts(user))
        return render_template("home/_actions.html", card=again, by_hand=hand_shares.offered(), name_of=name_of, undone=True)
    flash(gettext("Undone. Nothing has left."), "good")
    return redirect(url_for(".page"), 303)


@bp.get("/shares")
@allow(EMPLOYEE)
def page() -> str:
    """My shares: planned, on the way, published."""
    before, post = request.args.get("before"), request.args.get("post")
    only = _id(post) if post else None
    entries, older = timeline.page(me(), before=_id(before) if before else None, post_id=only)
    values = {"name_of": name_of, "asks": deliveries.asks_owner, "undo_left": undo_left, "link_name": link_name}
    return render_template("shares/page.html", entries=entries, older=older, **values)


def _id(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError as error:
        raise Missing(_("There is nothing at this address, or it is not for you to see.")) from error


@bp.get("/deliveries/<uuid:delivery_id>")
@allow(EMPLOYEE)
def delivery(delivery_id: uuid.UUID) -> str:
    """Where one delivery stands, as a piece of the time line that asks again while something moves."""
    return render_template("shares/_live.html", one=timeline.delivery(me(), delivery_id), name_of=name_of, asks=deliveries.asks_owner)


@bp.post("/deliveries/<uuid:delivery_id>/cancel")
@allow(EMPLOYEE)
def cancel(delivery_id: uuid.UUID) -> AnyResponse:
    """Stop one that has not left."""
    return _back(deliveries.cancel(me(), delivery_id).id, gettext("Cancelled. Nothing has left."))


@bp.post("/deliveries/<uuid:delivery_id>/retry")
@allow(EMPLOYEE)
def retry(delivery_id: uuid.UUID) -> AnyResponse:
    """Send a failed one again."""
    return _back(deliveries.retry(me(), delivery_id).id, gettext("On its way again."))


@bp.post("/deliveries/<uuid:delivery_id>/take-back")
@allow(EMPLOYEE)
def take_back(delivery_id: uuid.UUID) -> AnyResponse:
    """Delete it at the network."""
    return _answered(deliveries.take_back(me(), delivery_id), gettext("We are deleting it at the network."))


@bp.post("/deliveries/<uuid:delivery_id>/answer")
@allow(EMPLOYEE)
def answer(delivery_id: uuid.UUID) -> AnyResponse:
    """Is it on your profile?"""
    try:
        said = Answer(request.form.get("answer", ""))
    except ValueError as error:
        raise Invalid(_("Choose one of the answers.")) from error
    done = deliveries.answer_unconfirmed(me(), delivery_id, said, url=request.form.get("url", ""))
    return _back(done.id, gettext("Thank you. Noted."))


@bp.post("/deliveries/<uuid:delivery_id>/leave")
@allow(EMPLOYEE)
def leave(delivery_id: uuid.UUID) -> AnyResponse:
    """It would be late: leave it."""
    return _back(deliveries.leave(me(), delivery_id).id, gettext("Noted. It stays as it is."))


@bp.post("/deliveries/<uuid:delivery_id>/keep")
@allow(EMPLOYEE)
def keep(delivery_id: uuid.UUID) -> AnyResponse:
    """Keep a copy of a withdrawn post."""
    return _answered(recall.keep(me(), delivery_id), gettext("Noted. You keep your copy."))


@bp.post("/deliveries/<uuid:delivery_id>/deleted")
@allow(EMPLOYEE)
def deleted(delivery_id: uuid.UUID) -> AnyResponse:
    """I have deleted it there myself."""
    return _answered(recall.deleted_there(me(), delivery_id), gettext("Thank you. Noted."))


def _back(delivery_id: uuid.UUID, words: str) -> AnyResponse:
    flash(words, "good")
    return redirect(url_for(".page", _anchor=f"delivery-{delivery_id}"), 303)


def _answered(row: Delivery, words: str) -> AnyResponse:
    """Back to the copies of a withdrawn post, which may be pages away from the newest share."""
    if row.post.state != "withdrawn":
        return _back(row.id, words)
    flash(words, "good")
    return redirect(url_for(".page", post=row.post_id, _anchor=f"delivery-{row.id}"), 303)


@bp.app_context_processor
def questions() -> dict[str, Callable[[Delivery], bool]]:
    """What only an owner can answer, for wherever a delivery is shown."""
    return {"late_asks": lambda one: deliveries.asks_late(one, now=clock.now()), "recall_asks": recall.asks}
