"""Writing down many results in one transaction. What is not plainly published goes through `outcomes`, one by one."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from app.db import session, transaction
from app.logs import about
from app.networks.base import Published
from app.sharing import holding, leasing, outcomes
from app.sharing.leasing import Leased
from app.sharing.models import Delivery
from app.sharing.orders import Order
from app.sharing.outcomes import Outcome
from app.sharing.pace import first_reading

log = logging.getLogger(__name__)

Result = tuple[Order, Outcome]
# Errors that the same values would meet again; any other error of the database is its absence.
ITS_OWN_FAULT = (DataError, IntegrityError, ProgrammingError)

PUBLISHED = text(
    """
    WITH came AS (
        SELECT * FROM unnest(
            CAST(:ids AS uuid[]), CAST(:leases AS uuid[]), CAST(:attempts AS uuid[]), CAST(:remote_ids AS text[]), CAST(:urls AS text[]),
            CAST(:ats AS timestamptz[]), CAST(:readings AS timestamptz[])
        ) AS t(id, lease, attempt_id, remote_id, url, at, reading_at)
    ),
    kept AS (
        UPDATE deliveries SET state = 'published', remote_id = came.remote_id, remote_url = nullif(came.url, ''), published_at = came.at,
            problem = NULL, problem_detail = NULL, reading_due_at = came.reading_at, lease = NULL, leased_until = NULL
        FROM came WHERE deliveries.id = came.id AND deliveries.state = 'sending' AND deliveries.lease = came.lease
        RETURNING deliveries.id, came.attempt_id, came.remote_id
    ),
    ended AS (UPDATE attempts SET ended_at = :now, outcome = 'published' FROM kept WHERE attempts.id = kept.attempt_id),
    written AS (
        INSERT INTO events (at, verb, subject, subject_id, facts)
        SELECT :now, 'published', 'deliveries', id, jsonb_build_object('was', 'sending', 'remote_id', remote_id) FROM kept
    )
    SELECT id FROM kept
    """
)
PUT_OFF = text(
    """
    UPDATE deliveries SET due_at = later.until, problem = :problem, problem_detail = NULL, lease = NULL, leased_until = NULL
    FROM unnest(CAST(:ids AS uuid[]), CAST(:leases AS uuid[]), CAST(:untils AS timestamptz[])) AS later(id, lease, until)
    WHERE deliveries.id = later.id AND deliveries.lease = later.lease AND deliveries.state = 'queued'
        AND later.until <= deliveries.latest_at
    RETURNING deliveries.id
    """
)


def record(results: Sequence[Result], *, now: datetime) -> list[Result]:
    """Write these down; returns those that the database would not take now, to be tried again.

    A result that cannot be written for a reason of its own is given up: its row stays `sending`, and is reconciled.
    """
    published = [(order, outcome) for order, outcome in results if isinstance(outcome, Published)]
    kept = _published(published, now=now) if len(published) > 1 else set()
    return [one for one in results if one[0].leased.id not in kept and not _settled(*one, now=now)]


def _published(results: Sequence[tuple[Order, Published]], *, now: datetime) -> set[uuid.UUID]:
    """The ids of those that are written down; nothing of it when the statement fails."""
    ids = [order.leased.id for order, _found in results]
    values = {
        "ids": ids,
        "leases": [order.leased.lease for order, _found in results],
        "attempts": [order.attempt_id for order, _found in results],
        "remote_ids": [found.remote_id for _order, found in results],
        "urls": [found.url or "" for _order, found in results],
        "ats": [found.at for _order, found in results],
        "readings": [now + first_reading(order.account.network) for order, _found in results],
    }
    try:
        with transaction():
            _lock(ids)
            return set(session.scalars(PUBLISHED, {**values, "now": now}))
    except SQLAlchemyError:
        log.warning("%s results could not be written down together; each is tried alone", len(results), exc_info=True)
        return set()


def _settled(order: Order, outcome: Outcome, *, now: datetime) -> bool:
    """Whether one result is done with; False when the database was away and may come back."""
    with about(order.leased.id):
        try:
            outcomes.settle(order, outcome, now=now)
        except ITS_OWN_FAULT:
            log.exception("the outcome of delivery %s cannot be written down; it will be looked for", order.leased.id)
        except SQLAlchemyError:
            log.warning("the outcome of delivery %s could not be written down yet", order.leased.id, exc_info=True)
            return False
        except Exception:
            log.exception("the outcome of delivery %s cannot be written down; it will be looked for", order.leased.id)
    return True


def put_off(until: Mapping[Leased, datetime], *, problem: str) -> None:
    """Queued rows wait until these moments, which uses up no try; what would be too late then is left out, and its owner told."""
    if not until:
        return
    ids = [one.id for one in until]
    values = {"ids": ids, "leases": [one.lease for one in until], "untils": list(until.values())}
    with transaction():
        _lock(ids)
        waiting = set(session.scalars(PUT_OFF, {**values, "problem": problem}))
    for leased, moment in until.items():
        if leased.id not in waiting:
            _too_late(leased, moment)


def _too_late(leased: Leased, until: datetime) -> None:
    with transaction():
        delivery = leasing.locked(leased)
        if delivery is not None and until > delivery.latest_at:
            holding.skip(delivery, problem="too_late")


def _lock(ids: Sequence[uuid.UUID]) -> None:
    """All rows in one order, so that two who write many at once do not wait for each other in a circle."""
    session.execute(select(Delivery.id).where(Delivery.id.in_(ids)).order_by(Delivery.id).with_for_update())
