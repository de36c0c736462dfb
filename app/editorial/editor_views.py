"""The editor's pages. Everything the editor sends is the whole form, so that every button keeps what was typed, with or without script."""

import re
import uuid
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import LazyString, get_locale
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as AnyResponse

from app import db
from app.clock import now
from app.editorial import cleaning, desk, drafts, links, previews, proposals, standing, wording
from app.editorial import content as contents
from app.editorial.desk import Desk
from app.editorial.drafts import Conflict, Window
from app.editorial.models import Proposal
from app.errors import Invalid, Missing, Refusal, _
from app.ids import uuid7
from app.people.models import Role
from app.web import ANYONE, allow, csrf, fragment, me

LANGUAGE_NAMES = {"en": "English", "de": "Deutsch"}
# The script lets an error into the sheet only when it comes with this.
SAYS = {"Editor-Says": "why"}
ACTION = re.compile(r"(add-variants|remove-variants-(\d+)|remove-pictures-(\d+)|anyway-(\d+)|save)")


@dataclass(frozen=True, slots=True)
class Typed:
    """What an editor window sent along with its text."""

    proposal_id: uuid.UUID
    window: Window
    action: str


def template_words() -> dict[str, object]:
    """With what the templates of proposals tell links, times and networks."""
    return {"site": links.site, "reason": previews.reason, "by": standing.by, "networks": wording.NETWORKS}


def typed() -> Typed:
    """Read the hidden fields; raises Missing when they are none of ours."""
    form = request.form
    try:
        proposal_id, basis = uuid.UUID(form.get("proposal", "")), int(form.get("basis", "0"))
    except ValueError as error:
        raise Missing(_("There is no such proposal of yours.")) from error
    action = form.get("do", "save")
    found = ACTION.fullmatch(action)
    settled = not fragment() or request.headers.get("HX-Trigger-Name") == "link-url"
    return Typed(proposal_id, Window(basis, form.get("tab", ""), settled=settled), action if found else "save")


@allow(Role.EXPERT)
def write() -> str:
    """A blank sheet; nothing is kept until something is typed."""
    return page(Desk(uuid7(), contents.blank(me().locale), basis=0, tab=uuid.uuid4().hex))


@allow(Role.EXPERT)
def edit(proposal_id: uuid.UUID) -> str | AnyResponse:
    """The author's draft; with ?check=1 everything that is missing is marked."""
    proposal = drafts.mine(me(), proposal_id)
    if proposal.state not in drafts.EDITABLE:
        return redirect(url_for("proposals.show", proposal_id=proposal_id))
    shown = desk.of(drafts.with_fresh_link(proposal), tab=uuid.uuid4().hex)
    if request.args.get("check"):
        shown = replace(shown, errors={gap.field or "": gap.message for gap in reversed(proposals.gaps(me(), proposal))})
    return page(shown)


def page(shown: Desk, **more: Any) -> str:
    """The editor."""
    return render_template(
        "proposals/edit.html",
        desk=shown,
        offered=desk.offered(),
        topic_options=[
            ("", _("Choose a topic")),
            *((str(one.id), one.name(str(get_locale()))) for one in desk.topics(shown.content["topic_id"])),
        ],
        language_tabs=[(language, LANGUAGE_NAMES[language], None) for language in shown.languages],
        network_tabs=[(key, wording.NETWORKS[key].name, None) for key in desk.offered()],
        readers=desk.readers(me()),
        asked=proposals.to_answer(me(), shown.proposal_id) if shown.basis else None,
        **more,
    )


@allow(ANYONE)
def save() -> AnyResponse:
    """Keep what was typed. Whoever is signed out meanwhile, or too late, gets it back with what to do."""
    ended = why_not_now()
    if ended is not None:
        return signed_out(ended)
    sent = typed()
    try:
        content = cleaning.clean(request.form)
        if sent.window.basis == 0 and sent.action == "save" and contents.is_blank(content):
            return make_response("", 204) if fragment() else redirect(url_for("proposals.write"), 303)
        proposal = drafts.save(me(), sent.proposal_id, content, _seen(sent))
        return _saved(proposal, sent) if fragment() else _and_then(proposal, sent.action)
    except (Invalid, Conflict, drafts.Closed) as refusal:
        return again(sent, refusal)


@allow(ANYONE)
def submit() -> AnyResponse:
    """Keep what was typed, then hand it to the reviewers. What is missing is marked in the editor, where the text is kept."""
    ended = why_not_now()
    if ended is not None:
        return signed_out(ended)
    sent = typed()
    try:
        content = cleaning.clean(request.form)
        proposal = drafts.save(me(), sent.proposal_id, content, sent.window)
    except (Invalid, Conflict, drafts.Closed) as refusal:
        if isinstance(refusal, drafts.Closed) and proposals.submitted_as(me(), sent.proposal_id, content):
            return redirect(url_for("proposals.show", proposal_id=sent.proposal_id), 303)
        return again(sent, refusal)
    gap = proposals.try_to_submit(me(), proposal)
    return _not_yet(proposal, gap) if gap else redirect(url_for("proposals.show", proposal_id=sent.proposal_id), 303)


def _not_yet(proposal: Proposal, gap: Invalid) -> AnyResponse:
    """The editor with everything marked that is missing; what cannot be marked is said above it."""
    if not proposals.gaps(me(), proposal):
        flash(gap.message, "warn")
    return redirect(url_for("proposals.edit", proposal_id=proposal.id, check=1), 303)


# These look at the form's token themselves, because what was typed into an old window must not be lost.
csrf.exempt(save)
csrf.exempt(submit)


def why_not_now() -> LazyString | None:
    """Why nothing can be saved from this window: the sign-in has ended, or this form belongs to another one."""
    if not current_user.is_authenticated:
        return _("You have been signed out. What you typed is not lost: it is kept in this browser. Sign in again to go on.")
    try:
        csrf.protect()
    except CSRFError:
        return _("This window is from an earlier sign-in. What you typed is not lost: it is kept in this browser. Open the page again.")
    if not me().may_propose:
        return _("You cannot propose posts at the moment, so this is not saved. Ask an admin; copy your text from here.")
    return None


def _seen(sent: Typed) -> Window:
    """The author has seen the other window's text when they chose theirs over exactly that version."""
    found = ACTION.fullmatch(sent.action)
    if found is None or found[4] is None:
        return sent.window
    return replace(sent.window, basis=int(found[4]), tab="")


def _saved(proposal: Proposal, sent: Typed) -> AnyResponse:
    """The pieces of the page that a save changes."""
    db.session.flush()
    shown = desk.of(proposal, tab=sent.window.tab)
    answer = make_response(
        render_template("proposals/_saved.html", desk=shown, offered=desk.offered(), at=now(), settled=sent.window.settled)
    )
    if sent.window.basis == 0:
        answer.headers["HX-Replace-Url"] = url_for("proposals.edit", proposal_id=proposal.id)
    return answer


def _and_then(proposal: Proposal, action: str) -> AnyResponse:
    """What a button asked for beyond saving, then the editor again."""
    found, anchor = ACTION.fullmatch(action), None
    if action == "add-variants":
        anchor = f"variant-{drafts.add_variant(me(), proposal.id)}"
    elif found and found[2]:
        drafts.remove(me(), proposal.id, "variants", int(found[2]))
        anchor = "wordings"
    elif found and found[3]:
        drafts.remove(me(), proposal.id, "pictures", int(found[3]))
        anchor = "pictures"
    return redirect(url_for("proposals.edit", proposal_id=proposal.id, _anchor=anchor), 303)


def again(sent: Typed, refusal: Refusal) -> AnyResponse:
    """The editor with everything as it was typed, and what stands in the way. Nothing was saved."""
    shown = Desk(sent.proposal_id, cleaning.read(request.form), basis=sent.window.basis, tab=sent.window.tab)
    other = refusal.proposal if isinstance(refusal, Conflict) else None
    about = {"refusal": refusal, "other": desk.of(other, tab="") if other else None}
    if fragment():
        db.rollback()
        return make_response(render_template("proposals/_refused.html", desk=shown, **about), refusal.status, SAYS)
    shown = replace(shown, errors={refusal.field: refusal.message} if refusal.field else {})
    return make_response(page(shown, **about), refusal.status)


def signed_out(message: LazyString) -> AnyResponse:
    """Not saved: the text comes back, for the browser to keep or for the person to copy."""
    form: MultiDict[str, str] = request.form
    back = form.get("proposal", "") if form.get("basis", "0") not in ("", "0") else ""
    here = url_for("proposals.edit", proposal_id=back) if _is_uuid(back) else url_for("proposals.write")
    values = {"message": message, "here": here, "typed": _words(form)}
    template = "proposals/_kept.html" if fragment() else "proposals/kept.html"
    return make_response(render_template(template, **values), 403 if current_user.is_authenticated else 401, SAYS)


def _words(form: MultiDict[str, str]) -> list[str]:
    """Everything that a person typed."""
    fields = (key for key in form if re.match(r"text-|why-|variant-\d+-text|link-|picture-\d+-alt", key))
    return [words for words in (form[key] for key in fields) if words.strip()]


def _is_uuid(value: str) -> bool:
    try:
        return bool(uuid.UUID(value))
    except ValueError:
        return False


@allow(Role.EXPERT)
def link(proposal_id: uuid.UUID) -> str:
    """The state of the link's preview, asked again while it is being fetched."""
    proposal = drafts.mine(me(), proposal_id)
    return render_template("proposals/_link.html", desk=desk.of(drafts.with_fresh_link(proposal), tab=""))
