"""My sharing hours, and why a share got its minute."""

import uuid

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import db
from app.errors import Invalid
from app.sharing import caps, hours, timeline, timing
from app.sharing.models import Delivery
from app.sharing.networks import name_of
from app.sharing.openings import Hours
from app.web import EMPLOYEE, allow, me

bp = Blueprint("pacing", __name__)


@bp.app_context_processor
def words() -> dict[str, object]:
    """For every page that shows a delivery."""
    return {"why_this_minute": timing.why, "latest_of": timing.latest, "cap_reached": _cap_reached}


def _cap_reached(delivery: Delivery) -> tuple[str, int]:
    """Whether the hour or the day is full for its owner there, and with how many posts; asked once for a network and page."""
    known: dict[str, tuple[str, int]] = g.setdefault("caps_reached", {})
    if delivery.network not in known:
        known[delivery.network] = caps.reached(delivery.user_id, delivery.network)
    return known[delivery.network]


@bp.get("/me/hours")
@allow(EMPLOYEE)
def page() -> str:
    """My hours and days."""
    return _page(hours.of(me().id))


def _page(shown: Hours, mistake: Invalid | None = None, typed: dict[str, str] | None = None) -> str:
    values = typed or {"from": timing.clock(shown.from_minute), "until": timing.clock(shown.until_minute)}
    days = [(str(day), timing.day_name(day, "EEEE")) for day in range(1, 8)]
    chosen = [str(day) for day in shown.days]
    habit = timing.said(hours.HABIT)
    return render_template("pacing/hours.html", shown=shown, values=values, days=days, chosen=chosen, habit=habit, mistake=mistake)


@bp.post("/me/hours")
@allow(EMPLOYEE)
def save() -> Response | tuple[str, int]:
    """Choose them; a mistake keeps what was typed."""
    form = request.form
    days = [int(day) for day in form.getlist("days") if day in "1234567" and len(day) == 1]
    first, last = timing.typed(form.get("from", "")), timing.typed(form.get("until", ""))
    try:
        hours.choose(
            me(),
            days=days,
            from_minute=-1 if first is None else first,
            until_minute=0 if last is None else last or 1440,
            on_days_off="on_days_off" in form,
        )
    except Invalid as mistake:
        db.rollback()
        shown = Hours(frozenset(days), 0, 0, "on_days_off" in form)
        return _page(shown, mistake, {"from": form.get("from", ""), "until": form.get("until", "")}), mistake.status
    flash(gettext("Saved. What is planned already keeps its minute."), "good")
    return redirect(url_for(".page"), 303)


@bp.post("/me/hours/forget")
@allow(EMPLOYEE)
def forget() -> Response:
    """Back to the company's habit."""
    hours.forget(me())
    flash(gettext("The company's usual hours hold for you again."), "good")
    return redirect(url_for(".page"), 303)


@bp.get("/shares/deliveries/<uuid:delivery_id>/timing")
@allow(EMPLOYEE)
def why(delivery_id: uuid.UUID) -> str:
    """Why this minute, for its owner alone."""
    one = timeline.delivery(me(), delivery_id)
    return render_template("pacing/why.html", one=one, moment=timing.moment(one), name_of=name_of)
