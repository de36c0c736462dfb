"""Pages behind the links that come by mail: the welcome, a forgotten password, a new one."""

import time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from limits import RateLimitItem
from werkzeug.wrappers import Response

from app.errors import Invalid, Refusal
from app.people import invitations, lines, resets, throttle, tickets
from app.people.entry_views import enter
from app.people.models import TicketKind
from app.people.sign_ins import token_hash
from app.web import ANYONE, allow, limiter

bp = Blueprint("links", __name__)

Page = str | tuple[str, int] | Response
# Writing a mail takes some milliseconds; every answer takes this long, so that a clock cannot tell who is here.
SAME_SECONDS = 0.2


@bp.get("/welcome/<token>")
@allow(ANYONE)
def welcome(token: str) -> Page:
    """Where an invitation leads: choose a password, correct the name."""
    try:
        ticket = tickets.find(token, TicketKind.INVITATION)
    except tickets.Spent as refusal:
        return _spent(refusal)
    return _welcome_form(ticket.user.email, ticket.user.name)


@bp.post("/welcome/<token>")
@allow(ANYONE)
def accept(token: str) -> Page:
    """Set the first password and come in."""
    name = request.form.get("name", "")
    _count("links", get_remote_address())
    try:
        email = tickets.find(token, TicketKind.INVITATION).user.email
        user = invitations.accept(token, password=request.form.get("password", ""), name=name)
    except Invalid as refusal:
        return _welcome_form(email, name, refusal), refusal.status
    except tickets.Spent as refusal:
        return _spent(refusal)
    enter(user)
    return redirect(url_for("preferences.first_visit"), 303)


def _welcome_form(email: str, name: str, mistake: Refusal | None = None) -> str:
    return render_template("people/welcome.html", email=email, name=name, mistake=mistake)


@bp.get("/forgot")
@allow(ANYONE)
def forgot() -> Page:
    """Ask for a new link."""
    return render_template("people/forgot.html", email=request.args.get("email", "")[:254], mistake=None)


@bp.post("/forgot")
@allow(ANYONE)
def send_link() -> Page:
    """Send a new link when the address is known; the answer is the same when it is not, and takes as long."""
    begun = time.monotonic()
    try:
        email = lines.email(request.form.get("email", ""))
        _count("mails", get_remote_address(), throttle.MAILS_PER_ADDRESS)
        _count("mails", token_hash(email).hex(), throttle.MAILS_PER_ACCOUNT)
    except Refusal as refusal:
        page = render_template("people/forgot.html", email=request.form.get("email", "")[:254], mistake=refusal)
        return page, refusal.status
    resets.ask(email)
    page = render_template("people/forgot_sent.html", email=email)
    time.sleep(max(0.0, SAME_SECONDS - (time.monotonic() - begun)))
    return page


@bp.get("/reset/<token>")
@allow(ANYONE)
def reset(token: str) -> Page:
    """Where a reset link leads."""
    try:
        ticket = tickets.find(token, TicketKind.RESET)
    except tickets.Spent as refusal:
        return _spent(refusal)
    return render_template("people/reset.html", email=ticket.user.email, mistake=None)


@bp.post("/reset/<token>")
@allow(ANYONE)
def set_password(token: str) -> Page:
    """Set the new password, end every sign-in, and begin one here."""
    _count("links", get_remote_address())
    try:
        email = tickets.find(token, TicketKind.RESET).user.email
        user = resets.finish(token, password=request.form.get("password", ""))
    except Invalid as refusal:
        return render_template("people/reset.html", email=email, mistake=refusal), refusal.status
    except tickets.Spent as refusal:
        return _spent(refusal)
    enter(user)
    flash(_("Your new password is set. All other sign-ins have ended."), "good")
    return redirect("/", 303)


def _spent(refusal: Refusal) -> Page:
    return render_template("people/spent.html", message=refusal.message), refusal.status


def _count(kind: str, key: str, limit: RateLimitItem = throttle.PER_ADDRESS) -> None:
    throttle.count(limiter.limiter, limit, kind, key)
