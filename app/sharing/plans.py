"""The rows of plans: which consents want a post, and the one statement that writes down what is planned for them."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select, text

from app.db import session
from app.editorial.models import Post
from app.sharing.arrays import Numbered, array
from app.sharing.consent_models import Plan
from app.sharing.pacing import Minute, Why

JOB = "make-planned-shares"
WEEK = timedelta(days=7)
# Nothing that a consent planned longer ago than this can be due within the last week.
PLANNED_AHEAD = timedelta(days=100)

# What must hold when a post is planned for a consent, and still when the plan becomes a share. The post's own author shares it with a
# click, or not; a post is planned once for each account.
STILL_WANTED = """
    c.ended_at IS NULL AND c.ask_again_at > :now AND a.state = 'connected' AND u.deactivated_at IS NULL AND a.network = ANY (:networks)
        AND NOT EXISTS (SELECT FROM deliveries d WHERE d.post_id = :post AND d.account_id = c.account_id)
        AND NOT EXISTS (SELECT FROM hand_shares s WHERE s.post_id = :post AND s.user_id = c.user_id AND s.confirmed_at IS NOT NULL)
        AND NOT EXISTS (SELECT FROM put_aside p WHERE p.post_id = :post AND p.user_id = c.user_id)
"""
_WANTING = text(
    f"""
    WITH mine AS (SELECT id FROM standing_consents WHERE topic_id = :topic AND ended_at IS NULL),
    this_week AS (
        SELECT id, count(*) AS many FROM (
            SELECT s.standing_consent_id AS id FROM shares s JOIN deliveries d ON d.share_id = s.id
            WHERE s.standing_consent_id IN (SELECT id FROM mine)
                AND s.id > :oldest AND d.due_at > :week_ago AND d.state NOT IN ('cancelled', 'failed', 'skipped')
            UNION ALL SELECT consent_id FROM plans WHERE consent_id IN (SELECT id FROM mine)) AS planned
        GROUP BY id)
    SELECT CAST(c.id AS text), CAST(c.user_id AS text), c.language, a.network,
        CAST(a.limits ->> 'text_max' AS integer), a.limits ->> 'text_unit', CAST(a.limits ->> 'url_cost' AS integer),
        u.time_zone, h.days, h.from_minute, h.until_minute, h.on_days_off
    FROM standing_consents c
    JOIN connected_accounts a ON a.id = c.account_id
    JOIN users u ON u.id = c.user_id
    LEFT JOIN sharing_hours h ON h.user_id = u.id
    LEFT JOIN this_week ON this_week.id = c.id
    WHERE c.topic_id = :topic AND c.user_id <> :author AND coalesce(this_week.many, 0) < c.per_week
        AND NOT EXISTS (SELECT FROM plans p WHERE p.post_id = :post AND p.user_id = c.user_id AND p.consent_id = c.id)
        AND {STILL_WANTED}
    ORDER BY c.id
    """  # noqa: S608 - a constant of ours
)
_WRITE = text("""
    INSERT INTO plans (post_id, user_id, consent_id, variant_id, due_at, near, why)
    SELECT :post, user_id, consent_id, variant_id, to_timestamp(due), to_timestamp(near), why
    FROM unnest(
        CAST(:users AS uuid[]), CAST(:consents AS uuid[]), CAST(:due AS float8[]), CAST(:near AS float8[]),
        CAST(:wordings AS integer[]), CAST(:reasons AS integer[])
    ) AS planned (user_id, consent_id, due, near, wording_no, reason_no)
    JOIN unnest(CAST(:variants AS uuid[])) WITH ORDINALITY AS wording (variant_id, no) ON wording.no = wording_no
    JOIN unnest(CAST(:whys AS jsonb[])) WITH ORDINALITY AS reason (why, no) ON reason.no = reason_no
""")


class Wanting(NamedTuple):
    """One consent that wants a post, with what its account takes and its owner's hours; ids as text."""

    consent_id: str
    user_id: str
    language: str
    network: str
    text_max: int | None
    text_unit: Any
    url_cost: int | None
    time_zone: str
    hours: tuple[tuple[int, ...], int, int, bool] | None


class Planned(NamedTuple):
    """One plan to be: who, when, and with which wording."""

    row: Wanting
    minute: Minute
    variant_id: uuid.UUID


def wanting(post: Post, networks: Sequence[str], *, now: datetime) -> list[Wanting]:
    """The consents on the post's topic that may plan it. Nobody is locked: it is asked again when a plan becomes a share."""
    facts = {"topic": post.topic_id, "networks": list(networks), "post": post.id, "author": post.author_id}
    facts |= {"now": now, "week_ago": now - WEEK, "oldest": _oldest_id(now - PLANNED_AHEAD)}
    rows = session.execute(_WANTING, facts).all()
    return [Wanting._make((*row[:8], (tuple(row[8]), *row[9:]) if row[8] else None)) for row in rows]


def _oldest_id(moment: datetime) -> uuid.UUID:
    """Ids grow with time: none that was made later is smaller."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def write(post: Post, planned: Sequence[Planned]) -> None:
    """A row for each, in one statement."""
    wordings, whys = Numbered[uuid.UUID](), Numbered[Why]()
    facts: dict[str, Any] = {
        "users": array(one.row.user_id for one in planned),
        "consents": array(one.row.consent_id for one in planned),
        "due": array(repr(one.minute.moment.timestamp()) for one in planned),
        "near": array(repr(one.minute.near.timestamp()) if one.minute.near else "NULL" for one in planned),
        "wordings": array(wordings.number(one.variant_id) for one in planned),
        "reasons": array(whys.number(one.minute.why) for one in planned),
    }
    facts |= {"post": post.id, "variants": wordings.all, "whys": [json.dumps(asdict(why)) for why in whys.all]}
    session.execute(_WRITE, facts)


def anything_due(_now: datetime) -> ColumnElement[bool]:
    """Whether there is a plan whose owner has to be told."""
    return select(Plan.post_id).exists()
