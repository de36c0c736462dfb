"""Signing in and out, and the language of a device."""

from flask import Blueprint, flash, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_babel import refresh
from flask_limiter.util import get_remote_address
from flask_login import current_user
from werkzeug.wrappers import Response

from app.errors import Refusal
from app.people import link_views, preferences, sign_ins, throttle
from app.people.entry_views import enter, first_page, leave, own_path
from app.people.models import LOCALES, User
from app.web import ANYONE, allow, limiter, me

bp = Blueprint("sign_in", __name__)
bp.register_blueprint(link_views.bp)

Page = str | tuple[str, int] | Response


@bp.get("/sign-in")
@allow(ANYONE)
def page() -> Page:
    """The sign-in form; who is signed in already goes on."""
    if current_user.is_authenticated:
        return redirect(own_path(request.args.get("next")))
    return _form()


@bp.post("/sign-in")
@allow(ANYONE)
def sign_in() -> Page:
    """Let a person in. Every reason not to gets the same sentence."""
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        user = _tried(email, password)
    except throttle.TooOften as refusal:
        return _form(email, str(refusal.message)), refusal.status
    if user is None:
        wrong = _("E-mail and password do not belong together. Check both, or choose a new password.")
        return _form(email, wrong), 422
    enter(user)
    return redirect(first_page(user, request.form.get("next")), 303)


def _tried(email: str, password: str) -> User | None:
    """One try, counted: each account by the try, each address by what went wrong, because a whole office may share one."""
    account, address = ("sign-in", sign_ins.token_hash(email.strip().lower()).hex()), ("sign-in", get_remote_address())
    throttle.check(limiter.limiter, throttle.PER_ADDRESS, *address)
    throttle.count(limiter.limiter, throttle.PER_ACCOUNT, *account)
    user = sign_ins.person(email, password)
    if user is None:
        throttle.count(limiter.limiter, throttle.PER_ADDRESS, *address)
    else:
        throttle.forgive(limiter.limiter, throttle.PER_ACCOUNT, *account)
    return user


def _form(email: str = "", problem: str = "") -> str:
    target = own_path(request.values.get("next"))
    return render_template("people/sign_in.html", email=email[:254], problem=problem, next=target)


@bp.post("/sign-out")
@allow(ANYONE)
def sign_out() -> Response:
    """End this sign-in. Signing out twice changes nothing."""
    leave()
    flash(_("You are signed out."), "good")
    return redirect("/sign-in", 303)


@bp.post("/language")
@allow(ANYONE)
def language() -> Response:
    """Choose a language: kept with the person, or on the device of somebody who is not signed in."""
    chosen = request.form.get("locale", "")
    if current_user.is_authenticated:
        preferences.speak(me(), chosen)
    elif chosen in LOCALES:
        session["locale"] = chosen
    else:
        raise Refusal(_("Choose one of the languages."))
    refresh()
    return redirect(own_path(request.form.get("next")), 303)
