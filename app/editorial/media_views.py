"""Pictures: coming in with the editor's form, and going out to those who may see them."""

import uuid

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import LazyString
from werkzeug.wrappers import Response as AnyResponse

from app.clock import now
from app.editorial import cleaning, desk, drafts, editor_views, pictures
from app.editorial.drafts import Conflict
from app.editorial.editor_views import again, signed_out, typed, why_not_now
from app.editorial.renditions import MAX_BYTES
from app.errors import Invalid, TooLarge, _
from app.web import ANYONE, EMPLOYEE, allow, csrf, fragment, me

bp = Blueprint("media", __name__)
bp.context_processor(editor_views.template_words)

HEADERS = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@bp.post("/media")
@allow(ANYONE)
def add() -> AnyResponse:
    """Keep what was typed, and take the chosen picture into the draft."""
    ended = why_not_now()
    if ended is not None:
        return signed_out(ended)
    sent = typed()
    try:
        proposal = drafts.save(me(), sent.proposal_id, cleaning.clean(request.form), sent.window)
    except (Invalid, Conflict, drafts.Closed) as refusal:
        return again(sent, refusal)
    message, tone = _take(proposal.id)
    if fragment():
        shown = desk.of(proposal, tab=sent.window.tab)
        values = {"desk": shown, "offered": desk.offered(), "at": now(), "message": message, "tone": tone}
        return make_response(render_template("proposals/_pictures_added.html", **values))
    if message:
        flash(message, tone)
    return redirect(url_for("proposals.edit", proposal_id=proposal.id, _anchor="pictures"), 303)


def _take(proposal_id: uuid.UUID) -> tuple[LazyString | str, str]:
    """Add the chosen file; returns what to say about it. A file that is refused costs nothing of what was typed."""
    try:
        made = drafts.add_picture(me(), proposal_id, _bytes())
    except (Invalid, TooLarge) as refusal:
        return refusal.message, "bad"
    return (_("This picture moves; the networks get its first frame."), "info") if made.was_animated else ("", "good")


csrf.exempt(add)


def _bytes() -> bytes:
    """The chosen file, one byte more than allowed at most."""
    file = request.files.get("picture")
    if file is None:
        return b""
    with file.stream as stream:
        return stream.read(MAX_BYTES + 1)


@bp.get("/media/<uuid:media_id>/<rendition>")
@allow(EMPLOYEE)
def show(media_id: uuid.UUID, rendition: str) -> Response:
    """One size of a picture; it never changes under this address."""
    file = pictures.file_for(me(), media_id, rendition)
    return Response(file.data, mimetype=file.mime, headers=HEADERS)
