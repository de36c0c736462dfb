"""Whether the whole product is up: what `/healthz` says; and whether this process can serve: what `/readyz` says."""

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import config
from app.clock import now
from app.db import session
from app.health import broker, heartbeats

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
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


def readiness() -> Verdict:
    """Whether this process can serve pages: the database answers and is migrated to this version or a later one. Raises nothing."""
    try:
        there = session.scalar(text("SELECT to_regclass('alembic_version')"))
        version = session.scalar(text("SELECT max(version_num) FROM alembic_version")) if there else None
    except SQLAlchemyError:
        return Verdict({"database": False, "migrations": False})
    return Verdict({"database": True, "migrations": (version or "") >= newest_migration()})


@cache
def newest_migration() -> str:
    """The number of our last migration, by the name of its file."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("[0-9]*_*.py"))


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
