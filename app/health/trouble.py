"""What counts as trouble: what is wrong at this moment, as kinds with what an admin has to know."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from app.health import gauges, heartbeats

# A process is missed when it was not seen for so long; a restart is quicker.
MISSED = timedelta(minutes=2)
Facts = dict[str, str]


def now_wrong(*, now: datetime) -> Mapping[str, Facts]:
    """Every kind of trouble that there is now, with its numbers; two queries."""
    counts, seen = gauges.read(now).counts, heartbeats.seen()
    alive = {one.name for one in seen if now - one.at <= MISSED}
    found: dict[str, Facts] = {}
    if counts["long_overdue"]:
        found["overdue"] = {"count": _many(counts["long_overdue"])}
    if counts["long_stuck"]:
        found["stuck"] = {"count": _many(counts["long_stuck"])}
    if counts["untold"]:
        found["untold"] = {"count": _many(counts["untold"])}
    if counts["keys_lost"]:
        found["keys"] = {"count": _many(counts["keys_lost"])}
    if counts["mails_old"]:
        found["mails"] = {"count": _many(counts["mails_old"])}
    if not any(name.startswith(heartbeats.WORKER) for name in alive):
        found["worker"] = {}
    if heartbeats.BEAT not in alive:
        found["beat"] = {}
    return found


def _many(count: int) -> str:
    """As far as we count."""
    return f"{count}+" if count > gauges.MOST else str(count)
