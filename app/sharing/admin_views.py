"""Admins switch networks on and off."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from app.errors import _
from app.people.models import Role
from app.sharing import switches
from app.web import allow, me

bp = Blueprint("networks_admin", __name__)


@bp.get("/admin/networks")
@allow(Role.ADMIN)
def index() -> str:
    """Every network and every way to share by hand."""
    found = switches.all_switches()
    return render_template(
        "networks_admin/index.html",
        networks=[switch for switch in found if switch.network],
        by_hand=[switch for switch in found if not switch.network],
    )


@bp.post("/admin/networks/<key>")
@allow(Role.ADMIN)
def turn(key: str) -> Response:
    """Switch one on or off."""
    on = request.form.get("on") == "yes"
    name = switches.turn(key, on=on, by=me().id).name
    words = _("%(name)s is on. What was held goes on.", name=name) if on else _("%(name)s is off. Nothing is lost.", name=name)
    flash(str(words), "good")
    return redirect(url_for("networks_admin.index"), 303)
