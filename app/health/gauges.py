"""What an admin looks at: each figure with a sentence, and the next step where one is needed.

Everything comes from one query. Open deliveries are read in the order of their index, at most `WINDOW` of each part, so that neither a
storm nor millions of old rows can make this page slow; a count above `MOST` is said to be "more than".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_babel import LazyString
from sqlalchemy import text

from app.clock import now
from app.db import session
from app.errors import _
from app.health.sweeping import id_before
from app.sharing import fan_out

MOST = 1000
WINDOW = 20_000
OVERDUE, LONG_OVERDUE = timedelta(seconds=60), timedelta(minutes=5)

COUNTS = text(
    """
    WITH due AS MATERIALIZED (
        (SELECT state, due_at, leased_until FROM deliveries
            WHERE (state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL)
                AND priority = 0 AND due_at <= CAST(:now AS timestamptz) ORDER BY due_at, id LIMIT :window)
        UNION ALL
        (SELECT state, due_at, leased_until FROM deliveries
            WHERE (state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL)
                AND priority = 1 AND due_at <= CAST(:now AS timestamptz) ORDER BY due_at, id LIMIT :window)
    ),
    open AS MATERIALIZED (
        SELECT state FROM deliveries WHERE state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL
        ORDER BY priority, due_at, id LIMIT :window
    ),
    held AS MATERIALIZED (SELECT problem FROM deliveries WHERE state = 'held' ORDER BY latest_at, id LIMIT :window)
    SELECT
        (SELECT count(*) FROM due WHERE state = 'queued') AS due,
        (SELECT count(*) FROM due WHERE state = 'queued' AND due_at <= CAST(:minute_ago AS timestamptz)) AS overdue,
        (SELECT count(*) FROM due WHERE state = 'queued' AND due_at <= CAST(:minutes_ago AS timestamptz)) AS long_overdue,
        (SELECT min(due_at) FROM due WHERE state = 'queued') AS oldest,
        (SELECT count(*) FROM due WHERE state = 'sending' AND leased_until < CAST(:now AS timestamptz)) AS stuck,
        (SELECT count(*) FROM due WHERE state = 'sending' AND leased_until < CAST(:minutes_ago AS timestamptz)) AS long_stuck,
        (SELECT count(*) FROM open WHERE state = 'queued') AS queued,
        (SELECT count(*) FROM open WHERE state = 'sending') AS sending,
        (SELECT count(*) FROM open WHERE state = 'unconfirmed') AS unconfirmed,
        (SELECT count(*) FROM held) AS held,
        (SELECT count(*) FROM held WHERE problem = 'key_lost') AS keys_lost,
        (SELECT count(*) FROM (
            SELECT FROM mails WHERE sent_at IS NULL AND failed_at IS NULL AND due_at <= CAST(:now AS timestamptz) LIMIT :most
        ) AS waiting) AS mails_waiting,
        (SELECT count(*) FROM (
            SELECT FROM mails WHERE id > CAST(:week AS uuid) AND failed_at IS NOT NULL LIMIT :most) AS failed) AS mails_failed,
        (SELECT count(*) FROM (
            SELECT FROM mails WHERE sent_at IS NULL AND failed_at IS NULL AND id < CAST(:quarter AS uuid) LIMIT :most) AS old) AS mails_old,
        (SELECT count(*) FROM (
            SELECT FROM plans JOIN posts ON posts.id = plans.post_id WHERE posts.approved_at < CAST(:telling AS timestamptz) LIMIT :most
        ) AS untold) AS untold,
        (SELECT count(*) FROM (SELECT FROM link_previews WHERE state = 'queued' LIMIT :most) AS waiting) AS previews,
        pg_database_size(current_database()) AS size,
        current_setting('server_version') AS version
    """
)


@dataclass(frozen=True)
class Gauge:
    """One figure. `tone` is good, warn or bad; `step` is empty where nothing is to be done."""

    name: LazyString
    value: int
    tone: str
    sentence: LazyString
    step: LazyString | str = ""

    @property
    def many(self) -> bool:
        """Whether there are more than we count."""
        return self.value > MOST


@dataclass(frozen=True)
class Readings:
    """All gauges, every count by its name, and what the database says about itself (size in bytes)."""

    gauges: Sequence[Gauge]
    counts: Mapping[str, int]
    oldest: timedelta
    database_size: int
    database_version: str


def read(present: datetime | None = None) -> Readings:
    """Look at the tables; one query. `oldest` is how long the oldest due share has waited, nothing when none waits."""
    moment = present or now()
    row = session.execute(COUNTS, values(moment)).one()
    counts = {name: int(value) for name, value in row._mapping.items() if name not in ("oldest", "size", "version")}
    oldest = max(moment - row.oldest, timedelta()) if row.oldest else timedelta()
    return Readings([_gauge(name, counts[name]) for name in _FIGURES], counts, oldest, row.size, row.version)


def values(present: datetime) -> dict[str, object]:
    """What the query is asked with: times, the bounds, and the smallest ids of a week and of a quarter of an hour ago."""
    return {
        "now": present,
        "minute_ago": present - OVERDUE,
        "minutes_ago": present - LONG_OVERDUE,
        "telling": present - fan_out.TELLING,
        "week": str(id_before(present - timedelta(days=7))),
        "quarter": str(id_before(present - timedelta(minutes=15))),
        "window": WINDOW,
        "most": MOST + 1,
    }


def _gauge(name: str, count: int) -> Gauge:
    label, tone, nothing, sentence, step = _FIGURES[name]
    if count == 0:
        return Gauge(label, 0, "good", nothing)
    return Gauge(label, count, tone, sentence, step)


_FIGURES: dict[str, tuple[LazyString, str, LazyString, LazyString, LazyString | str]] = {
    "queued": (
        _("Planned and due"), "good", _("Nothing is planned."), _("All that is still to leave, now or later."), "",
    ),
    "due": (
        _("Due now"), "good", _("Nothing waits to be sent."), _("Their minute has come; a worker takes them within a second."), "",
    ),
    "overdue": (
        _("Overdue"), "bad", _("Nothing is late."), _("They should have left more than a minute ago."),
        _("See whether a worker runs (under Processes). If one does, add threads or a second worker: python3 run.py worker --threads 16."),
    ),
    "stuck": (
        _("Stuck while sending"), "warn", _("No delivery is stuck."),
        _("A worker ended in the middle. They are not sent again blindly: the next turn looks whether they arrived."),
        _("Wait a minute. If the number stays, start the worker again."),
    ),
    "unconfirmed": (
        _("Unconfirmed"), "warn", _("Every outcome is known."),
        _("The network did not say whether they arrived. We look there, and then ask the person."),
        _("Nothing to do, unless the number grows: then look at the network's own status page."),
    ),
    "keys_lost": (
        _("Waiting for a missing key"), "bad", _("Every stored access can be opened."),
        _("None of the keys in ENCRYPTION_KEYS opens what is stored for their accounts. They wait; nothing is lost."),
        _("Put the missing key back behind the new one in ENCRYPTION_KEYS and restart, or let their owners connect again."),
    ),
    "held": (
        _("Held"), "warn", _("Nothing is held."),
        _("They wait for the end of a stop, for an account to be connected again, or for a network to be switched on."),
        _("Look below whether something is stopped, and under Networks whether one is off. Owners of accounts have been told."),
    ),
    "mails_waiting": (
        _("Mails waiting"), "good", _("No mail waits."), _("They leave within a few seconds, or are tried again later."), "",
    ),
    "mails_failed": (
        _("Mails that failed this week"), "warn", _("Every mail of this week left."), _("The mail server would not take them."),
        _("Run python3 run.py doctor; it tries MAIL_URL and says what the server answered."),
    ),
    "previews": (
        _("Link previews waiting"), "good", _("No link preview waits."), _("They are fetched one after another."), "",
    ),
}  # fmt: skip
