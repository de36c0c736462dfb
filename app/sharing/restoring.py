"""After a backup was put back: what was due since it was made may have left, and this ledger has never heard of it.

Nothing of it is sent blindly. It becomes unconfirmed, as if a worker had died over it, and is looked for at its network first.
"""

import json
import uuid
from datetime import datetime

from sqlalchemy import select, text

from app.db import session, transaction
from app.errors import Refusal
from app.networks.base import NetworkFault
from app.sharing import holding, orders
from app.sharing.models import Delivery

BATCH = 200
RESTORED = "restored"

DOUBT = text(
    """
    WITH may_have AS (SELECT * FROM jsonb_each(CAST(:payloads AS jsonb)) AS t(id, payload)),
    doubted AS (
        UPDATE deliveries SET state = 'unconfirmed', sent_at = deliveries.due_at, due_at = :now, looks = 0, payload = may_have.payload,
            prepared = NULL, problem = :problem, problem_detail = NULL, lease = NULL, leased_until = NULL
        FROM may_have, deliveries AS before
        WHERE deliveries.id = CAST(may_have.id AS uuid) AND before.id = deliveries.id
        RETURNING deliveries.id, before.state AS was
    )
    INSERT INTO events (at, verb, subject, subject_id, facts)
    SELECT :now, 'unconfirmed', 'deliveries', id, jsonb_build_object('was', was, 'problem', CAST(:problem AS text)) FROM doubted
    """
)


def doubt(*, now: datetime) -> int:
    """Let all that waits and was due by now be looked for before it is sent; returns how many. To be called before workers start again.

    What cannot be looked for, because it does not fit any more, is left out, and its owner asked.
    """
    doubted = 0
    while done := _some(now):
        doubted += done
    return doubted


def _some(now: datetime) -> int:
    with transaction():
        waits = Delivery.state.in_(holding.WAITING), Delivery.due_at <= now
        locked = select(Delivery.id).where(*waits).order_by(Delivery.id).limit(BATCH).with_for_update()
        ids = list(session.scalars(locked))
        payloads = _payloads(ids, now)
        for one in [one for one in ids if str(one) not in payloads]:
            holding.skip(session.get_one(Delivery, one), problem="too_late")
        session.execute(DOUBT, {"payloads": json.dumps(payloads), "now": now, "problem": RESTORED})
    return len(ids)


def _payloads(ids: list[uuid.UUID], now: datetime) -> dict[str, object]:
    """By which what each of them would have sent is known again."""
    found: dict[str, object] = {}
    for one in ids:
        try:
            found |= {str(one): order.rendered().as_json() for order in orders.of([one], now=now)}
        except (NetworkFault, Refusal):
            continue
    return found
