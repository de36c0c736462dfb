"""Alarms: when something stays wrong, the admins are told once, and once more when it is over.

Two look at it: a job of the workers, and the web server's first process, because a worker that is dead cannot tell. Both write the same
rows, one at a time.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import func, select

from app.db import session
from app.health import trouble
from app.health.alarm_words import KINDS
from app.health.models import Alarm
from app.health.trouble import Facts
from app.notices.tell import tell_all
from app.people.models import Role, User

__all__ = ["KINDS", "look", "ringing"]

# Nothing is said of what mends itself at once, and nothing is over before it has stayed away for a while.
PATIENCE, CALM = timedelta(seconds=60), timedelta(minutes=5)
GONE = "gone_since"


def look(*, now: datetime) -> list[str]:
    """Look at everything once and tell what has to be told; returns those kinds. Somebody else's look at this moment is enough."""
    if not session.scalar(select(func.pg_try_advisory_xact_lock(func.hashtextextended("alarms", 0)))):
        return []
    wrong = trouble.now_wrong(now=now)
    rows = {row.kind: row for row in session.scalars(select(Alarm).with_for_update())}
    told = [kind for kind in wrong if _begin(kind, wrong, rows, now)]
    return told + [f"{kind}_over" for kind, row in rows.items() if kind not in wrong and _end(row, now)]


def ringing() -> list[Alarm]:
    """What the admins have been told and is not over, the oldest first."""
    return list(session.scalars(select(Alarm).where(Alarm.told_at.is_not(None)).order_by(Alarm.since).limit(len(KINDS))))


def _begin(kind: str, wrong: Mapping[str, Facts], rows: Mapping[str, Alarm], now: datetime) -> bool:
    """It is wrong now. Whether this was the moment to say so."""
    row = rows.get(kind)
    if row is None:
        session.add(Alarm(kind=kind, since=now, facts=dict(wrong[kind])))
        return False
    row.facts = dict(wrong[kind])
    if row.told_at is not None or now - row.since < PATIENCE:
        return False
    row.told_at = now
    _tell(f"alarm_{kind}", wrong[kind])
    return True


def _end(row: Alarm, now: datetime) -> bool:
    """It is not wrong now. Whether this was the moment to say that it is over."""
    if row.told_at is None:
        session.delete(row)
        return False
    gone_since = datetime.fromisoformat(str(row.facts.get(GONE, now.isoformat())))
    if now - gone_since < CALM:
        row.facts = {**row.facts, GONE: gone_since.isoformat()}
        return False
    session.delete(row)
    _tell(f"alarm_{row.kind}_over", {})
    return True


def _tell(kind: str, facts: Facts) -> None:
    admins = select(User.id).where(User.roles.contains([Role.ADMIN.value]), User.deactivated_at.is_(None))
    tell_all(session.scalars(admins), kind, facts=facts, url="/admin/health")
