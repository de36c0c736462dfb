"""One clock for the ledger: PostgreSQL's, carried on between two questions by this machine's steady clock.

A worker whose own clock is wrong, or steps by an hour, neither sends early nor takes a lease for ended. A step of PostgreSQL's clock is
noticed, and until every request that may have been under way has ended, no row is taken from a worker that may still be sending it.
"""

import math
from datetime import UTC, datetime

from app import clock
from app.networks.clock import follow, steady

STEP = 2.0


class _Known:
    """What this process knows: PostgreSQL's time minus the steady one, and since when without a step. At first it knows nothing, also as
    the fork of a process that is older.
    """

    ahead: float | None = None
    since = math.inf


def learn(database_time: datetime) -> None:
    """PostgreSQL has said what time it is."""
    ahead = database_time.timestamp() - steady()
    if _Known.since == math.inf or (_Known.ahead is not None and abs(ahead - _Known.ahead) > STEP):
        _Known.since = steady()
    _Known.ahead = ahead


def now() -> datetime:
    """The ledger's present moment; this machine's own, before PostgreSQL has said anything."""
    return expected() or clock.now()


def expected() -> datetime | None:
    """What PostgreSQL will say if its clock runs evenly; none before it has said anything."""
    return None if _Known.ahead is None else datetime.fromtimestamp(steady() + _Known.ahead, UTC)


def steady_for(seconds: float) -> bool:
    """Whether this process has seen the ledger's clock run evenly for so long. A young process has not."""
    return steady() - _Known.since >= seconds


def even_since() -> float:
    """Changes with every step that this process notices."""
    return _Known.since


def trust() -> None:
    """Take the clock as it is, from long ago on (tests, and commands for people)."""
    _Known.since, _Known.ahead = float("-inf"), None


follow(now)
