"""Standing consents: what may go out by itself, the sentence that one agrees to, and what is planned."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from app import clock, db
from app.errors import Invalid, Missing, Refusal, _
from app.people import topics
from app.sharing import consents, deliveries, fan_out, hours, timing
from app.sharing.consent_models import StandingConsent
from app.sharing.networks import name_of
from app.web import EMPLOYEE, allow, me

bp = Blueprint("consents", __name__)
fan_out.register()


@bp.get("/standing")
@allow(EMPLOYEE)
def page() -> str:
    """What I have agreed to, what is planned, and how to agree to more."""
    return _page()


def _page(mistake: Refusal | None = None) -> str:
    user = me()
    return render_template(
        "consents/page.html",
        consents=consents.of(user),
        planned=consents.planned(user),
        offered=consents.offered(user),
        topic_options=topics.options(user.locale),
        hours=timing.said(hours.of(user.id)),
        values=request.args,
        mistake=mistake,
        present=clock.now(),
        name_of=name_of,
        moment=timing.moment,
    )


@bp.get("/standing/new")
@allow(EMPLOYEE)
def draft() -> str | tuple[str, int]:
    """The sentence, to be read before it is agreed to."""
    try:
        return render_template("consents/agree.html", wanted=_wanted(request.args), values=request.args)
    except Invalid as mistake:
        return _page(mistake), mistake.status


def _wanted(values: dict[str, str]) -> StandingConsent:
    number = values.get("per_week", "")
    return consents.draft(
        me(),
        account_id=_id(values.get("account", "")),
        topic_id=_id(values.get("topic", "")),
        per_week=int(number) if number.isdecimal() and len(number) < 3 else 0,
        language=values.get("language", ""),
    )


def _id(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError as error:
        raise Missing(_("There is nothing at this address, or it is not for you to see.")) from error


@bp.post("/standing")
@allow(EMPLOYEE)
def give() -> Response | tuple[str, int]:
    """I agree to exactly this sentence."""
    try:
        made = consents.give(me(), _wanted(request.form), read=request.form.get("terms", ""))
    except Invalid as mistake:
        db.rollback()
        return _page(mistake), mistake.status
    flash(gettext("Agreed. Nothing goes out before you have heard of it."), "good")
    return redirect(url_for(".page", _anchor=f"consent-{made.id}"), 303)


@bp.post("/standing/<uuid:consent_id>/renew")
@allow(EMPLOYEE)
def renew(consent_id: uuid.UUID) -> Response:
    """For 180 more days."""
    consents.renew(me(), consent_id)
    flash(gettext("Renewed for 180 days."), "good")
    return redirect(url_for(".page", _anchor=f"consent-{consent_id}"), 303)


@bp.post("/standing/<uuid:consent_id>/end")
@allow(EMPLOYEE)
def end(consent_id: uuid.UUID) -> Response:
    """Ended, with what it has planned."""
    stopped = consents.end(me(), consent_id)
    words = ngettext("Ended. %(num)s planned share was cancelled.", "Ended. %(num)s planned shares were cancelled.", stopped)
    flash(words if stopped else gettext("Ended. Nothing was planned."), "good")
    return redirect(url_for(".page"), 303)


@bp.post("/standing/planned/<uuid:delivery_id>/stop")
@allow(EMPLOYEE)
def stop(delivery_id: uuid.UUID) -> Response:
    """Not this one."""
    deliveries.cancel(me(), delivery_id)
    flash(gettext("This one does not go out. The others are as they were."), "good")
    return redirect(url_for(".page", _anchor="planned"), 303)
