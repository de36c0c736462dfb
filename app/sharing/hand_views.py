"""Sharing by hand: copy the text, open the network's own composer, say that it is done."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from app.errors import Invalid, Refusal
from app.networks.share_links import ShareLink
from app.sharing import feed, hand_shares
from app.sharing.models import HandShare
from app.sharing.switches import link_name
from app.web import EMPLOYEE, allow, me

bp = Blueprint("hand_shares", __name__)


@bp.post("/posts/<uuid:post_id>/hand-shares")
@allow(EMPLOYEE)
def create(post_id: uuid.UUID) -> AnyResponse:
    """Compose the text for a network, with a tracked link of one's own."""
    form = request.form
    post = feed.find(post_id)
    made = hand_shares.begin(me(), post, network=form.get("network", ""), language=form.get("language", ""), click=form.get("click", ""))
    return redirect(url_for(".page", hand_share_id=made.id), 303)


@bp.get("/hand-shares/<uuid:hand_share_id>")
@allow(EMPLOYEE)
def page(hand_share_id: uuid.UUID) -> str:
    """The text to copy and the button that opens the network."""
    return _page(hand_shares.own(me(), hand_share_id))


def _page(one: HandShare, error: Refusal | None = None) -> str:
    server = request.values.get("server", "")
    name = link_name(one.network)
    composer, wrong = _composer(one, server)
    typed = request.form.get("url", one.url or "")
    return render_template("shares/by_hand.html", one=one, composer=composer, name=name, server=server, typed=typed, error=error or wrong)


def _composer(one: HandShare, server: str) -> tuple[ShareLink | None, Refusal | None]:
    """The composer's address; for Mastodon it waits until the person has named a server."""
    if one.network == "mastodon" and not server:
        return None, None
    try:
        return hand_shares.composer(one, server=server), None
    except Invalid as refused:
        return None, refused


@bp.post("/hand-shares/<uuid:hand_share_id>/confirmation")
@allow(EMPLOYEE)
def confirm(hand_share_id: uuid.UUID) -> AnyResponse | tuple[str, int]:
    """I shared it."""
    one = hand_shares.own(me(), hand_share_id)
    try:
        hand_shares.confirm(one, by=me(), url=request.form.get("url", ""))
    except Invalid as refused:
        return _page(one, refused), refused.status
    flash(gettext("Noted. Thank you for sharing it."), "good")
    return redirect(url_for("shares.page"), 303)


@bp.post("/hand-shares/<uuid:hand_share_id>/deletion")
@allow(EMPLOYEE)
def delete(hand_share_id: uuid.UUID) -> AnyResponse:
    """I have deleted it."""
    one = hand_shares.deleted(me(), hand_share_id)
    flash(gettext("Thank you. Noted."), "good")
    return redirect(url_for("shares.page", post=one.post_id, _anchor=f"share-{one.id}"), 303)
