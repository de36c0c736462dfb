"""The admin's page of pace: how much one person may publish, how far apart colleagues are, and the company's days off."""

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from app import clock, db
from app.errors import Invalid, Missing, _
from app.people.models import Role
from app.sharing import caps, hours
from app.sharing.caps import Cap
from app.sharing.networks import name_of
from app.web import allow, me

bp = Blueprint("caps", __name__)

Typed = dict[str, str]


@bp.get("/admin/pace")
@allow(Role.ADMIN)
def page() -> str:
    """Every network, and the days off that lie ahead."""
    return _page()


def _page(mistake: Invalid | None = None, where: str = "", typed: Typed | None = None) -> str:
    days_off = hours.all_days_off(since=clock.now().date())
    shown = caps.current()
    return render_template(
        "caps/page.html",
        caps=shown,
        name_of=name_of,
        default=caps.default,
        days_off=days_off,
        mistake=mistake,
        where=where,
        typed=typed or {},
    )


@bp.post("/admin/pace/<key>")
@allow(Role.ADMIN)
def change(key: str) -> Response | tuple[str, int]:
    """Other numbers for one network."""
    try:
        caps.change(key, Cap(*(_number(request.form.get(name, ""), name) for name in ("per_hour", "per_day", "apart_minutes"))), by=me().id)
    except Invalid as mistake:
        return _again(mistake, key)
    flash(gettext("Saved. It holds for what is planned on %(network)s, too.", network=name_of(key)), "good")
    return redirect(url_for(".page", _anchor=f"network-{key}"), 303)


def _number(typed: str, field: str) -> int:
    if not typed.strip().isdecimal() or len(typed.strip()) > 5:
        raise Invalid(_("Write a whole number."), field=field)
    return int(typed)


@bp.post("/admin/days-off")
@allow(Role.ADMIN)
def add() -> Response | tuple[str, int]:
    """One more day off."""
    try:
        hours.add_day_off(_day(request.form.get("day", "")), request.form.get("name", ""), by=me().id)
    except Invalid as mistake:
        return _again(mistake, "days-off")
    flash(gettext("Added. What is planned already keeps its minute."), "good")
    return redirect(url_for(".page", _anchor="days-off"), 303)


@bp.post("/admin/days-off/<day>/remove")
@allow(Role.ADMIN)
def remove(day: str) -> Response:
    """The company works on this day after all."""
    try:
        chosen = date.fromisoformat(day)
    except ValueError as error:
        raise Missing(_("There is no such day on the list.")) from error
    hours.remove_day_off(chosen, by=me().id)
    flash(gettext("Removed from the list."), "good")
    return redirect(url_for(".page", _anchor="days-off"), 303)


def _day(typed: str) -> date:
    try:
        return date.fromisoformat(typed.strip())
    except ValueError as error:
        raise Invalid(_("Write the day as year, month, day: 2027-05-12."), field="day") from error


def _again(mistake: Invalid, where: str) -> tuple[str, int]:
    db.rollback()
    return _page(mistake, where, request.form.to_dict()), mistake.status
