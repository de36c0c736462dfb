"""The accounts page, and the way to a network and back."""

import uuid
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import db
from app.errors import Refusal
from app.sharing import accounts, cards, connections, leaving, revoking, switches
from app.sharing.account_models import PendingConnection
from app.sharing.networks import name_of
from app.web import EMPLOYEE, allow, limiter, me

bp = Blueprint("accounts", __name__)
leaving.register()

CONNECTS = "40 per hour"


@bp.get("/accounts")
@allow(EMPLOYEE)
def page() -> str:
    """Each network: connected as whom, what we may do, until when."""
    return _page()


def _page(mistake: Refusal | None = None, key: str = "", typed: str = "") -> str:
    return render_template(
        "accounts/page.html",
        cards=cards.cards(me()),
        permissions=cards.permissions,
        ends_at=cards.ends_at,
        is_new=cards.is_new,
        by_hand=[(key, switches.link_name(key)) for key in switches.enabled_links()],
        mistake=mistake,
        mistake_key=key,
        typed=typed,
    )


@bp.post("/accounts/connect/<network>")
@allow(EMPLOYEE)
@limiter.limit(CONNECTS, key_func=lambda: str(me().id))
def connect(network: str) -> Response | tuple[str, int]:
    """Prepare the login at the network; the next page says where it goes."""
    typed = request.form.get("server", "")[:300]
    try:
        pending = connections.begin(me(), network, server=typed)
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        db.rollback()
        return _page(refusal, network, typed), refusal.status
    return redirect(url_for(".depart", pending_id=pending), 303)


@bp.get("/accounts/connect/<uuid:pending_id>")
@allow(EMPLOYEE)
def depart(pending_id: uuid.UUID) -> str:
    """What happens at the network, and the server's own rules. The way there is a link: a form may not lead to another site."""
    departure = connections.departure(me(), pending_id)
    return render_template("accounts/depart.html", departure=departure, name=name_of(departure.network))


@bp.get("/connect/<network>/callback")
@allow(EMPLOYEE)
def callback(network: str) -> Response:
    """Back from the network: the login is used up, whatever comes of it."""
    pending = connections.take(me(), network, request.args.get("state", ""))
    try:
        with db.session.begin_nested():
            account = connections.finish(me(), pending, request.args)
    except connections.Unregistered:
        return _once_more(pending)
    except Refusal as refusal:
        flash(str(refusal.message), "warn")
        return redirect(url_for(".page"), 303)
    flash(gettext("Connected as %(handle)s. From now on one click is enough.", handle=account.handle), "good")
    return redirect(url_for(".page", _anchor=f"account-{account.id}"), 303)


def _once_more(pending: PendingConnection) -> Response:
    """The server had forgotten us: registered anew, the person says yes once more."""
    try:
        with db.session.begin_nested():
            again = connections.begin_again(me(), pending)
    except Refusal as refusal:
        flash(str(refusal.message), "warn")
        return redirect(url_for(".page"), 303)
    flash(gettext("The server had forgotten us, so we introduced ourselves again. Please say yes once more."), "info")
    return redirect(url_for(".depart", pending_id=again), 303)


@bp.post("/accounts/<uuid:account_id>")
@allow(EMPLOYEE)
def save(account_id: uuid.UUID) -> Response:
    """Whether one click shares there, and who sees it."""
    accounts.choose_default(me(), account_id, default="default" in request.form)
    account = accounts.choose_visibility(me(), account_id, request.form.get("visibility", ""))
    flash(gettext("Saved for %(handle)s.", handle=account.handle), "good")
    return redirect(url_for(".page", _anchor=f"account-{account.id}"), 303)


@bp.post("/accounts/<uuid:account_id>/disconnect")
@allow(EMPLOYEE)
def disconnect(account_id: uuid.UUID) -> Response:
    """Wipe the tokens now; the network is told right after."""
    farewell = accounts.disconnect(me(), account_id)
    if farewell is not None:
        db.on_commit(partial(revoking.revoke_beside, farewell))
    flash(gettext("Disconnected. The access is deleted here and cancelled at the network; what had not left was stopped."), "good")
    return redirect(url_for(".page"), 303)
