"""What a person decides about themselves, and their first visit."""

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import refresh
from werkzeug.wrappers import Response

from app.errors import Invalid, Refusal
from app.people import devices, preferences, sign_ins, throttle, topics
from app.people.zones import zones
from app.web import EMPLOYEE, allow, fragment, limiter, me

bp = Blueprint("preferences", __name__)

Page = str | tuple[str, int] | Response
STEPS = 3


@bp.get("/me")
@allow(EMPLOYEE)
def page() -> Page:
    """My settings."""
    return _page()


@bp.get("/settings")
@allow(EMPLOYEE)
def settings() -> Page:
    """The address under which people look for it."""
    return redirect(url_for("preferences.page"))


def _page(values: dict[str, str] | None = None, mistake: Refusal | None = None) -> str:
    user = me()
    shown = values or {"name": user.name, "field": user.field, "locale": user.locale, "time_zone": user.time_zone}
    return render_template(
        "people/me.html",
        user=user,
        values=shown,
        mistake=mistake,
        topic_options=topics.options(user.locale),
        followed=[topic.id for topic in user.topics],
        sign_ins=sign_ins.live(user),
        here=g.sign_in.id,
        device=devices.named,
    )


@bp.post("/me")
@allow(EMPLOYEE)
def save() -> Page:
    """Save name, field, language and time zone; a mistake keeps what was typed."""
    values = {name: request.form.get(name, "") for name in ("name", "field", "locale", "time_zone")}
    try:
        preferences.change(me(), **values)
    except Invalid as mistake:
        return _page(values, mistake), mistake.status
    refresh()
    flash(_("Saved."), "good")
    return redirect(url_for("preferences.page"), 303)


@bp.get("/me/zones")
@allow(EMPLOYEE)
def zone_options() -> Page:
    """All time zones as options, fetched when somebody begins to choose."""
    return render_template("people/_zones.html", zones=zones()) if fragment() else redirect(url_for("preferences.page"))


@bp.post("/me/topics")
@allow(EMPLOYEE)
def follow() -> Page:
    """Follow exactly the chosen topics."""
    topics.follow(me(), _chosen("topic"))
    flash(_("Saved. Your home page follows these topics now."), "good")
    return redirect(url_for("preferences.page") + "#topics", 303)


def _chosen(name: str) -> list[uuid.UUID]:
    """The ids that were ticked; what is no id was made up and is left out."""
    found = []
    for value in request.form.getlist(name):
        try:
            found.append(uuid.UUID(value))
        except ValueError:
            continue
    return found


@bp.post("/me/password")
@allow(EMPLOYEE)
def change_password() -> Page:
    """Change the password; needs the old one."""
    old, new = request.form.get("old_password", ""), request.form.get("password", "")
    try:
        throttle.count(limiter.limiter, throttle.PER_ACCOUNT, "password", str(me().id))
        preferences.change_password(me(), old=old, new=new, here=g.sign_in)
    except throttle.TooOften as refusal:
        return _page(mistake=Invalid(refusal.message, field="old_password")), refusal.status
    except Invalid as mistake:
        return _page(mistake=mistake), mistake.status
    flash(_("Your new password is set. All other sign-ins have ended."), "good")
    return redirect(url_for("preferences.page"), 303)


@bp.post("/me/sign-ins/<uuid:sign_in_id>/end")
@allow(EMPLOYEE)
def end_sign_in(sign_in_id: uuid.UUID) -> Page:
    """End one of my sign-ins."""
    sign_ins.end_one(me(), sign_in_id)
    flash(_("That sign-in has ended."), "good")
    return redirect(url_for("preferences.page") + "#sign-ins", 303)


@bp.post("/me/sign-ins/end-others")
@allow(EMPLOYEE)
def end_other_sign_ins() -> Page:
    """End all of my sign-ins but this one."""
    sign_ins.end_all(me(), but=g.sign_in)
    flash(_("All other sign-ins have ended."), "good")
    return redirect(url_for("preferences.page") + "#sign-ins", 303)


@bp.get("/first-visit")
@allow(EMPLOYEE)
def first_visit() -> Page:
    """Three short steps: the rules that matter most (a page of the guidelines, which leads back here), topics, an account."""
    step = min(max(request.args.get("step", 1, int), 1), STEPS)
    if step == 1:
        return redirect(url_for("guidelines.first_rules"))
    followed = [topic.id for topic in me().topics]
    options = topics.options(me().locale)
    return render_template("people/first_visit.html", step=step, topic_options=options, followed=followed)


@bp.post("/first-visit")
@allow(EMPLOYEE)
def go_on() -> Page:
    """Take what this step asks and go to the next one; after the last one, or when skipped, the first visit is over."""
    step = request.form.get("step", STEPS, int)
    if step == 2 and "skip" not in request.form:
        topics.follow(me(), _chosen("topic"))
    if "skip" in request.form or step >= STEPS:
        preferences.end_first_visit(me())
        return redirect("/accounts" if request.form.get("go") == "accounts" else "/", 303)
    return redirect(url_for("preferences.first_visit", step=step + 1), 303)
