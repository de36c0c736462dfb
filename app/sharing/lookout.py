"""When the ledger has something to do next: one question, asked over a connection of its own."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, text

from app.db import session
from app.sharing import leasing, ledger_clock
from app.sharing.models import Priority

# The first free row of each priority, read from the front of the partial index: the same price with ten rows and with ten million.
_PRIORITIES = ", ".join(f"({one.value})" for one in Priority)
SOONEST = text(
    f"""
    SELECT clock_timestamp() AS present, min(first.due_at) AS soonest FROM (VALUES {_PRIORITIES}) AS priorities (priority), LATERAL (
        SELECT due_at FROM deliveries
        WHERE (state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL)
            AND deliveries.priority = priorities.priority
            AND (leased_until IS NULL OR leased_until <= coalesce(CAST(:now AS timestamptz), now()))
        ORDER BY due_at LIMIT 1
    ) AS first
    """  # noqa: S608 - numbers of ours
)


class LookOut:
    """Asks again and again without a transaction and without a ping: about a third of a millisecond a question.

    Belongs to one thread. An error of the database is passed on, and the next question is asked over a new connection.
    """

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._even_since: float | None = None

    def soonest(self, *, now: datetime | None = None) -> datetime | None:
        """When the first row that nobody holds is due; none when nothing is open. PostgreSQL says what time it is, unless it is given."""
        try:
            if self._connection is None:
                self._connection = session.get_bind().engine.connect().execution_options(isolation_level="AUTOCOMMIT")
            row = self._connection.execute(SOONEST, {"now": now}).one()
        except Exception:
            self.close()
            raise
        if now is None:
            ledger_clock.learn(row.present)
            self._mend_after_step()
        soonest: datetime | None = row.soonest
        return soonest

    def _mend_after_step(self) -> None:
        """At the first question, because nobody may have been there at the step, and whenever this process has noticed one."""
        if self._even_since != ledger_clock.even_since():
            leasing.mend_after_step(seen=self._even_since is not None)
            self._even_since = ledger_clock.even_since()

    def close(self) -> None:
        """Give the connection up; the next question takes a new one."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):
                connection.close()
