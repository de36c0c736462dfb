"""Whether the whole product is up: what `/healthz` says."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

import config
from app.clock import now
from app.health import broker, heartbeats

PARTS = ("database", "broker", "worker", "beat")
# What was seen before this process came up tells of the last run, not of this one.
UP_SINCE = now() - timedelta(seconds=2)


@dataclass(frozen=True)
class Verdict:
    """Which parts are there."""

    parts: dict[str, bool]

    @property
    def well(self) -> bool:
        """Whether all of them are."""
        return all(self.parts.values())

    @property
    def missing(self) -> list[str]:
        """Those that are not."""
        return [part for part, there in self.parts.items() if not there]


def examine() -> Verdict:
    """Look at database, broker, worker and beat: one query and one question to the broker. Raises nothing."""
    database, alive = _alive()
    worker = any(name.startswith(heartbeats.WORKER) for name in alive)
    return Verdict({"database": database, "broker": _broker(), "worker": worker, "beat": heartbeats.BEAT in alive})


def _alive() -> tuple[bool, set[str]]:
    try:
        return True, {seen.name for seen in heartbeats.seen() if seen.fresh and seen.at >= UP_SINCE}
    except SQLAlchemyError:
        return False, set()


def _broker() -> bool:
    try:
        broker.waiting(config.settings().broker_url)
    except broker.Unreachable:
        return False
    return True
