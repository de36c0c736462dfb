"""The audit trail, for admins: who did what, and when."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for

from app.audit import people, sentences, trail
from app.audit.models import Event
from app.web import allow, me

bp = Blueprint("audit", __name__)

ADMIN = "admin"
LARGEST_ID = 2**63 - 1


@bp.get("/admin/audit")
@allow(ADMIN)
def index() -> str:
    """One page of events, newest first, narrowed by person, kind and day."""
    who, what, day = (request.args.get(name, "").strip()[:200] for name in ("who", "what", "day"))
    start, end = _span(day, me().time_zone)
    wanted = trail.Wanted(people.named(who) if who else None, what if what in sentences.SUBJECTS else "", start, end)
    found = trail.page(wanted, before=_key("before"), after=_key("after"))
    names = _names(found.events)
    rows = [(event, sentences.sentence(event, names), sentences.facts(event)) for event in found.events]
    kept: dict[str, Any] = {"who": who, "what": what, "day": day}
    return render_template(
        "audit/index.html", rows=rows, subjects=sentences.SUBJECTS, wanted=wanted, bad_day=bool(day and start is None), **kept,
        older=url_for("audit.index", before=found.older, **kept) if found.older else None,
        newer=url_for("audit.index", after=found.newer, **kept) if found.newer else None,
        look_back=trail.LOOK_BACK,
    )  # fmt: skip


def _key(name: str) -> int | None:
    value = request.args.get(name, type=int)
    return value if value is not None and 0 <= value <= LARGEST_ID else None


def _span(day: str, zone: str) -> tuple[datetime, datetime] | tuple[None, None]:
    """A day of the person's own calendar, as moments."""
    try:
        first = datetime.combine(date.fromisoformat(day), time(), ZoneInfo(zone))
        return first.astimezone(UTC), (first + timedelta(days=1)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None, None


def _names(events: Sequence[Event]) -> dict[uuid.UUID, str]:
    """The names of all people on the page."""
    concerned = (event.subject_id for event in events if event.subject == "users")
    return people.names([*(event.actor_id for event in events), *concerned])
