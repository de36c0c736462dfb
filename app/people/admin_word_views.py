"""Pages for admins: teams and topics."""

import uuid

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from app.errors import Refusal
from app.people import teams, topics
from app.people.admin_frame_views import identity
from app.people.models import Role
from app.web import allow, me

bp = Blueprint("words", __name__)

Page = str | tuple[str, int] | Response


@bp.get("/admin/teams")
@allow(Role.ADMIN)
def team_list() -> Page:
    """All teams."""
    return _teams()


def _teams(name: str = "", mistake: Refusal | None = None) -> str:
    return render_template("people/admin/teams.html", teams=teams.with_sizes(), name=name, mistake=mistake)


@bp.post("/admin/teams")
@allow(Role.ADMIN)
def add_team() -> Page:
    """Add a team."""
    name = request.form.get("name", "")
    try:
        team = teams.add(name, by=me())
    except Refusal as mistake:
        return _teams(name, mistake), mistake.status
    flash(_("Team added: %(name)s.", name=team.name), "good")
    return redirect(url_for("people_admin.words.team_list"), 303)


@bp.get("/admin/teams/<uuid:team_id>")
@allow(Role.ADMIN)
def team(team_id: uuid.UUID) -> Page:
    """Rename or close a team."""
    return _team(team_id)


def _team(team_id: uuid.UUID, name: str | None = None, mistake: Refusal | None = None) -> str:
    every = teams.with_sizes()
    found = next(((team, size) for team, size in every if team.id == team_id), None) or (teams.found(team_id), 0)
    others = [(str(team.id), team.name) for team, _size in every if team.id != team_id]
    shown = found[0].name if name is None else name
    return render_template("people/admin/team.html", team=found[0], size=found[1], team_options=others, name=shown, mistake=mistake)


@bp.post("/admin/teams/<uuid:team_id>")
@allow(Role.ADMIN)
def rename_team(team_id: uuid.UUID) -> Page:
    """Rename a team."""
    name = request.form.get("name", "")
    try:
        teams.rename(team_id, name, by=me())
    except Refusal as mistake:
        if mistake.field is None:
            raise
        return _team(team_id, name, mistake), mistake.status
    flash(_("Saved."), "good")
    return redirect(url_for("people_admin.words.team_list"), 303)


@bp.post("/admin/teams/<uuid:team_id>/close")
@allow(Role.ADMIN)
def close_team(team_id: uuid.UUID) -> Page:
    """Close a team; its people move to another one or to none."""
    moved = teams.close(team_id, move_to=identity(request.form.get("move_to", "")), by=me())
    flash(ngettext("Team closed; %(num)s person moved.", "Team closed; %(num)s people moved.", moved), "good")
    return redirect(url_for("people_admin.words.team_list"), 303)


@bp.get("/admin/topics")
@allow(Role.ADMIN)
def topic_list() -> Page:
    """All topics, retired ones last."""
    return _topics()


def _topics(values: dict[str, str] | None = None, mistake: Refusal | None = None) -> str:
    given = values or {"name_en": "", "name_de": ""}
    return render_template("people/admin/topics.html", topics=topics.with_followers(), values=given, mistake=mistake)


def _names() -> dict[str, str]:
    return {name: request.form.get(name, "") for name in ("name_en", "name_de")}


@bp.post("/admin/topics")
@allow(Role.ADMIN)
def add_topic() -> Page:
    """Add a topic in both languages."""
    try:
        topic = topics.add(**_names(), by=me())
    except Refusal as mistake:
        return _topics(_names(), mistake), mistake.status
    flash(_("Topic added: %(name)s.", name=topic.name(me().locale)), "good")
    return redirect(url_for("people_admin.words.topic_list"), 303)


@bp.get("/admin/topics/<uuid:topic_id>")
@allow(Role.ADMIN)
def topic(topic_id: uuid.UUID) -> Page:
    """Rename or retire a topic."""
    return _topic(topic_id)


def _topic(topic_id: uuid.UUID, values: dict[str, str] | None = None, mistake: Refusal | None = None) -> str:
    found = topics.found(topic_id)
    given = values or {"name_en": found.name_en, "name_de": found.name_de}
    return render_template("people/admin/topic.html", topic=found, values=given, mistake=mistake)


@bp.post("/admin/topics/<uuid:topic_id>")
@allow(Role.ADMIN)
def rename_topic(topic_id: uuid.UUID) -> Page:
    """Rename a topic."""
    try:
        topics.rename(topic_id, **_names(), by=me())
    except Refusal as mistake:
        if mistake.field is None:
            raise
        return _topic(topic_id, _names(), mistake), mistake.status
    flash(_("Saved."), "good")
    return redirect(url_for("people_admin.words.topic_list"), 303)


@bp.post("/admin/topics/<uuid:topic_id>/retire")
@allow(Role.ADMIN)
def retire_topic(topic_id: uuid.UUID) -> Page:
    """Offer a topic to nobody any more."""
    topics.retire(topic_id, by=me())
    flash(_("The topic is retired. Posts keep it; nobody can choose it for new ones."), "good")
    return redirect(url_for("people_admin.words.topic_list"), 303)


@bp.post("/admin/topics/<uuid:topic_id>/bring-back")
@allow(Role.ADMIN)
def bring_topic_back(topic_id: uuid.UUID) -> Page:
    """Offer a retired topic again."""
    topics.bring_back(topic_id, by=me())
    flash(_("The topic can be chosen again."), "good")
    return redirect(url_for("people_admin.words.topic_list"), 303)
