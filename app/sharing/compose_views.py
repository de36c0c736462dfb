"""In my words: one's own sentence above the approved text, which accounts, which language, when."""

import uuid
from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

import config
from app import clock
from app.editorial.models import Post
from app.errors import Invalid, Refusal, _
from app.sharing import feed, hours, lateness, shares, timing, variants
from app.sharing.account_models import ConnectedAccount
from app.sharing.compositions import Composition
from app.sharing.models import Share
from app.sharing.networks import name_of
from app.web import EMPLOYEE, allow, me

bp = Blueprint("compose", __name__)


NOW, AT, OURS = "now", "at", "ours"


@dataclass(frozen=True)
class Preview:
    """What one account would send, or the sentence that says why it cannot."""

    account: ConnectedAccount
    composition: Composition | None
    problem: str = ""


@bp.get("/posts/<uuid:post_id>/words")
@allow(EMPLOYEE)
def page(post_id: uuid.UUID) -> str:
    """The form."""
    return _page(post_id, request.args)


def form_again(post_id: uuid.UUID, refused: Refusal) -> tuple[str, int]:
    """The form once more with everything that was typed, and the sentence at its place."""
    return _page(post_id, request.form, refused), refused.status


def _page(post_id: uuid.UUID, form: MultiDict[str, str], error: Refusal | None = None) -> str:
    user, post = me(), feed.find_live(post_id)
    usable = feed.usable_accounts(user)
    card = feed.card(user, post, usable, click=form.get("click", ""), language=form.get("language", ""))
    chosen = form.getlist("account") or [str(one.id) for one in card.accounts]
    typed = MultiDict({**form.to_dict(), "language": card.language, "click": card.click})
    return render_template(
        "home/compose.html",
        card=card,
        usable=usable,
        chosen=chosen,
        form=form,
        error=error,
        languages=variants.languages(post),
        previews=[_preview(post, one, typed) for one in usable if str(one.id) in chosen],
        name_of=name_of,
        hours=timing.said(hours.of(user.id)),
        lateness=lateness.options(),
        late=_late(form),
    )


def time_typed(form: MultiDict[str, str]) -> str:
    """The moment that the person typed; nothing when they leave the time to us. Raises Invalid when they want one and typed none."""
    typed = form.get("at", "").strip()
    if form.get("when") == AT and not typed:
        raise Invalid(_("Choose a day and a time, like 2027-05-12 09:30."), field="at")
    return "" if form.get("when") == OURS else typed


def _late(form: MultiDict[str, str]) -> str:
    """How late it may be, as it was chosen before; the usual for what is no choice."""
    typed = form.get("late", "")
    return typed if typed in lateness.CHOICES else lateness.USUAL


def said(made: Share) -> str:
    """What the person reads after the click: on its way, or planned for when."""
    first = min(made.deliveries, key=lambda one: one.due_at, default=None)
    if first is None or (first.due_at - clock.now()).total_seconds() <= max(60, config.settings().undo_seconds):
        return str(gettext("On its way. You can undo it for a few seconds."))
    return str(gettext("Planned: %(time)s. You can cancel it until then.", time=timing.moment(first)))


def _preview(post: Post, account: ConnectedAccount, typed: MultiDict[str, str]) -> Preview:
    click, language, words = (typed.get(name, "") for name in ("click", "language", "words"))
    try:
        return Preview(account, shares.preview(me(), post, account, click=click, language=language, words=words))
    except Refusal as refused:
        return Preview(account, None, str(refused.message))


@bp.post("/posts/<uuid:post_id>/preview")
@allow(EMPLOYEE)
def preview(post_id: uuid.UUID) -> str:
    """The previews while somebody types, as a piece of the page."""
    post, form = feed.find_live(post_id), request.form
    chosen = [one for one in feed.usable_accounts(me()) if str(one.id) in form.getlist("account")]
    made = [_preview(post, one, form) for one in chosen]
    return render_template("home/_previews.html", post=post, previews=made, name_of=name_of)
