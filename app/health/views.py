"""Is it up? For the supervisor and load balancers in one word, for admins on one page."""

from flask import Blueprint, Response, jsonify, render_template

import config
from app.clock import now
from app.health import broker, doctor, gauges, heartbeats, vitals
from app.health.findings import Grade
from app.people.models import Role
from app.web import ANYONE, allow, fragment

bp = Blueprint("health", __name__)


@bp.get("/livez")
@allow(ANYONE)
def livez() -> Response:
    """This process answers."""
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@bp.get("/healthz")
@allow(ANYONE)
def healthz() -> tuple[Response, int, dict[str, str]]:
    """200 once database, broker, worker and beat are there; else 503 and what is missing. No secret is in it."""
    verdict = vitals.examine()
    body = jsonify(status="ok" if verdict.well else "unavailable", parts=verdict.parts, missing=verdict.missing)
    return body, 200 if verdict.well else 503, {"Cache-Control": "no-store"}


@bp.get("/admin/health")
@allow(Role.ADMIN)
def page() -> str:
    """Everything an admin needs to know, with the next step; htmx asks for the inner part again every ten seconds."""
    seen = heartbeats.seen()
    workers = [each for each in seen if each.name.startswith(heartbeats.WORKER)]
    beat = next((each for each in seen if each.name == heartbeats.BEAT), None)
    return render_template(
        "health/_figures.html" if fragment() else "health/page.html",
        workers=workers, beat=beat, broker=_broker(), readings=gauges.read(),
        most=gauges.MOST, at=now(), version=config.VERSION,
    )  # fmt: skip


@bp.get("/admin/doctor")
@allow(Role.ADMIN)
def examination() -> str:
    """What `python3 run.py doctor` says, as a page."""
    found = doctor.examine()
    return render_template("health/doctor.html", found=found, broken=[each for each in found if each.grade is Grade.BROKEN])


def _broker() -> int | None:
    """How many messages wait, or None when the broker does not answer."""
    try:
        return broker.waiting(config.settings().broker_url)
    except broker.Unreachable:
        return None
