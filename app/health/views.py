"""Is it up? For the supervisor and load balancers in one word, for admins on one page."""

import hmac

from flask import Blueprint, Response, jsonify, render_template, request

import config
from app.clock import now
from app.health import alarms, broker, doctor, flow, gauges, heartbeats, metrics, vitals
from app.health.findings import Grade
from app.people.models import Role
from app.sharing import rate_pauses
from app.sharing.networks import name_of
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


@bp.get("/readyz")
@allow(ANYONE)
def readyz() -> tuple[Response, int, dict[str, str]]:
    """200 when this process can serve pages; else 503 and which part is missing. For load balancers and roll-outs."""
    verdict = vitals.readiness()
    body = jsonify(status="ready" if verdict.well else "not ready", missing=verdict.missing)
    return body, 200 if verdict.well else 503, {"Cache-Control": "no-store"}


@bp.get("/metrics")
@allow(ANYONE)
def figures() -> Response:
    """For Prometheus, with the token of METRICS_TOKEN; without that setting there is no such page."""
    token = config.settings().metrics_token
    if not token:
        return Response("There is nothing at this address.\n", 404, mimetype="text/plain")
    scheme, _space, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.strip().encode(), token.encode()):
        return Response("Send the token.\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    return Response(metrics.page(now=now()), content_type=metrics.CONTENT_TYPE, headers={"Cache-Control": "no-store"})


@bp.get("/admin/health")
@allow(Role.ADMIN)
def page() -> str:
    """Everything an admin needs to know, with the next step; htmx asks for the inner part again every ten seconds."""
    seen = heartbeats.seen()
    workers = [each for each in seen if each.name.startswith(heartbeats.WORKER)]
    beat = next((each for each in seen if each.name == heartbeats.BEAT), None)
    present = now()
    return render_template(
        "health/_figures.html" if fragment() else "health/page.html",
        workers=workers, beat=beat, broker=_broker(), readings=gauges.read(present), hour=flow.lately(present),
        pauses=rate_pauses.paused(present), stops=flow.stops(), alarms=alarms.ringing(), name_of=name_of,
        most=gauges.MOST, at=present, version=config.VERSION,
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
