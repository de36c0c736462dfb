"""Pages for admins: people, one person, several at once."""

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.errors import Refusal
from app.people import admin_word_views, deactivation, directory, invitations, roles, teams
from app.people.admin_frame_views import identity, sections
from app.people.models import LOCALES, Role, User
from app.web import allow, fragment, me

bp = Blueprint("people_admin", __name__)
bp.register_blueprint(admin_word_views.bp)
bp.app_context_processor(sections)

Page = str | tuple[str, int] | Response
FILTERS = ("q", "state", "team", "role")


@bp.get("/admin")
@allow(Role.ADMIN)
def start() -> Page:
    """The admin's pages begin with the people."""
    return redirect(url_for("people_admin.people"))


@bp.get("/admin/people")
@allow(Role.ADMIN)
def people() -> Page:
    """Everybody, by name; the list filters while typing."""
    chosen = {name: request.args.get(name, "")[:100] for name in FILTERS}
    page = directory.find(
        words=chosen["q"],
        state=chosen["state"],
        team_id=identity(chosen["team"]),
        role=chosen["role"],
        before=identity(request.args.get("before", "")),
        after=identity(request.args.get("after", "")),
    )
    kept = {name: value for name, value in chosen.items() if value}
    options = teams.options()
    actions = [(f"team:{team_id}", _("Into the team %(name)s", name=name)) for team_id, name in options]
    shown: dict[str, Any] = {"page": page, "chosen": chosen, "kept": kept, "state_of": directory.state, "counted": directory.COUNTED}
    shown |= {"team_options": options, "team_actions": actions}
    return render_template("people/admin/_list.html" if fragment() else "people/admin/people.html", **shown)


@bp.post("/admin/people")
@allow(Role.ADMIN)
def change_several() -> Page:
    """Give or take a role, or set the team, for everybody who is ticked. All or none."""
    chosen = [found for value in request.form.getlist("person") if (found := identity(value))]
    action, _colon, value = request.form.get("action", "").partition(":")
    if not chosen or not action:
        flash(_("Nothing was changed: tick people and choose what to do with them."), "warn")
        return redirect(_back(), 303)
    changed = _change(action, value, chosen)
    flash(ngettext("%(num)s person changed.", "%(num)s people changed.", changed), "good")
    return redirect(_back(), 303)


def _change(action: str, value: str, chosen: list[uuid.UUID]) -> int:
    if action == "add":
        return roles.add(chosen, value, by=me())
    if action == "take":
        return roles.take(chosen, value, by=me())
    if action == "team":
        return roles.place(chosen, identity(value), by=me())
    raise Refusal(_("There is no such action."))


def _back() -> str:
    kept: dict[str, Any] = {name: request.form.get(f"kept_{name}", "") for name in FILTERS}
    return url_for("people_admin.people", **{name: value for name, value in kept.items() if value})


@bp.get("/admin/people/invite")
@allow(Role.ADMIN)
def invite() -> Page:
    """Invite one or several."""
    return _invite_form({"people": "", "roles": [Role.EXPERT.value], "team": "", "locale": "en"})


@bp.post("/admin/people/invite")
@allow(Role.ADMIN)
def send_invitations() -> Page:
    """Invite everybody in the pasted list; what will not do stays in a field, each line with its reason."""
    given: dict[str, Any] = {name: request.form.get(name, "") for name in ("people", "team", "locale")}
    given["roles"] = request.form.getlist("roles")
    locale = given["locale"] if given["locale"] in LOCALES else "en"
    try:
        team_id = teams.found(team).id if (team := identity(given["team"])) else None
        result = invitations.invite_many(given["people"], roles=given["roles"], team_id=team_id, locale=locale, by=me())
    except Refusal as mistake:
        return _invite_form(given, mistake), mistake.status
    if not result.people and not result.known and not result.refused:
        return _invite_form(given, Refusal(_("Write at least one e-mail address."), field="people")), 422
    return render_template("people/admin/invited.html", result=result, given=given)


def _invite_form(given: dict[str, Any], mistake: Refusal | None = None) -> str:
    return render_template("people/admin/invite.html", given=given, mistake=mistake, team_options=teams.options())


@bp.get("/admin/people/<uuid:user_id>")
@allow(Role.ADMIN)
def person(user_id: uuid.UUID) -> Page:
    """One person: roles, team, access."""
    return _person(directory.one(user_id))


def _person(user: User) -> str:
    return render_template("people/admin/person.html", user=user, state=directory.state(user), team_options=teams.options())


@bp.post("/admin/people/<uuid:user_id>")
@allow(Role.ADMIN)
def change_person(user_id: uuid.UUID) -> Page:
    """Set roles and team of one person."""
    user = roles.give(user_id, request.form.getlist("roles"), by=me())
    roles.place([user_id], identity(request.form.get("team", "")), by=me())
    flash(_("Saved: %(name)s.", name=user.name), "good")
    return redirect(url_for("people_admin.person", user_id=user_id), 303)


@bp.post("/admin/people/<uuid:user_id>/invitation")
@allow(Role.ADMIN)
def resend_invitation(user_id: uuid.UUID) -> Page:
    """Send the invitation again; the earlier link stops working."""
    user = deactivation.locked(user_id)
    invitations.resend(user, by=me())
    flash(_("A new invitation is on its way to %(email)s. The earlier link does not work any more.", email=user.email), "good")
    return redirect(url_for("people_admin.person", user_id=user_id), 303)


@bp.get("/admin/people/<uuid:user_id>/deactivate")
@allow(Role.ADMIN)
def ask_deactivate(user_id: uuid.UUID) -> Page:
    """What switching a person off does, before it is done."""
    return render_template("people/admin/deactivate.html", user=directory.one(user_id))


@bp.post("/admin/people/<uuid:user_id>/deactivate")
@allow(Role.ADMIN)
def deactivate(user_id: uuid.UUID) -> Page:
    """Switch a person off."""
    user = deactivation.deactivate(user_id, by=me())
    flash(_("%(name)s is switched off.", name=user.name), "good")
    return redirect(url_for("people_admin.person", user_id=user_id), 303)


@bp.post("/admin/people/<uuid:user_id>/reactivate")
@allow(Role.ADMIN)
def reactivate(user_id: uuid.UUID) -> Page:
    """Let a person in again."""
    user = deactivation.reactivate(user_id, by=me())
    flash(_("%(name)s can sign in again.", name=user.name), "good")
    return redirect(url_for("people_admin.person", user_id=user_id), 303)
