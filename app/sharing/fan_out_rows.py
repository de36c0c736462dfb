"""The rows of a fan-out: which consents want a post, and the one statement that writes what they plan."""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import Row, text

from app.db import session
from app.editorial.models import Post
from app.sharing import short_links
from app.sharing.compositions import PLACEHOLDER, Composition
from app.sharing.models import Priority
from app.sharing.pace import pace
from app.sharing.pacing import Why

if TYPE_CHECKING:
    from app.sharing.fan_out import Planned, Wanted

Thing = TypeVar("Thing")
WEEK = timedelta(days=7)
# Nothing that a consent planned longer ago than this can be due within the last week.
PLANNED_AHEAD = timedelta(days=100)

_LOCK = text("""
    SELECT a.id FROM standing_consents c JOIN connected_accounts a ON a.id = c.account_id
    WHERE c.topic_id = :topic AND c.ended_at IS NULL AND a.state = 'connected' AND a.network = ANY (:networks)
    ORDER BY a.id FOR KEY SHARE OF a
""")
# The post's own author shares it with a click, or not; a post is planned once for each account.
_WANTING = text("""
    WITH this_week AS (
        SELECT s.standing_consent_id AS id, count(*) AS many
        FROM shares s JOIN deliveries d ON d.share_id = s.id
        WHERE s.standing_consent_id IN (SELECT id FROM standing_consents WHERE topic_id = :topic AND ended_at IS NULL)
          AND s.id > :oldest AND d.due_at > :week_ago AND d.state NOT IN ('cancelled', 'failed', 'skipped')
        GROUP BY s.standing_consent_id)
    SELECT c.id AS consent_id, c.user_id, c.account_id, c.language, a.network,
        CAST(a.limits ->> 'text_max' AS integer) AS text_max, a.limits ->> 'text_unit' AS text_unit,
        CAST(a.limits ->> 'url_cost' AS integer) AS url_cost,
        u.time_zone, u.locale, u.email, u.password_hash IS NOT NULL AS reads_mail, h.days, h.from_minute, h.until_minute, h.on_days_off
    FROM standing_consents c
    JOIN connected_accounts a ON a.id = c.account_id AND a.state = 'connected'
    JOIN users u ON u.id = c.user_id AND u.deactivated_at IS NULL
    LEFT JOIN sharing_hours h ON h.user_id = u.id
    LEFT JOIN this_week ON this_week.id = c.id
    WHERE c.topic_id = :topic AND c.ended_at IS NULL AND c.ask_again_at > :now AND a.network = ANY (:networks)
      AND c.user_id <> :author AND coalesce(this_week.many, 0) < c.per_week
      AND NOT EXISTS (SELECT FROM deliveries d WHERE d.post_id = :post AND d.account_id = c.account_id)
      AND NOT EXISTS (SELECT FROM hand_shares s WHERE s.post_id = :post AND s.user_id = c.user_id AND s.confirmed_at IS NOT NULL)
      AND NOT EXISTS (SELECT FROM put_aside p WHERE p.post_id = :post AND p.user_id = c.user_id)
    ORDER BY c.id
""")
_WRITE = text("""
    WITH planned AS (
        SELECT * FROM unnest(
            CAST(:shares AS uuid[]), CAST(:deliveries AS uuid[]), CAST(:consents AS uuid[]),
            CAST(:clicks AS text[]), CAST(:codes AS text[]), CAST(:due AS timestamptz[]), CAST(:latest AS timestamptz[]),
            CAST(:texts AS integer[]), CAST(:reasons AS integer[]), CAST(:near AS text[])
        ) AS planned (share_id, delivery_id, consent_id, click, code, due_at, latest_at, text_no, reason_no, near)),
    whole AS (
        SELECT planned.*, c.user_id, c.account_id, c.language, a.network, wording.variant_id,
            replace(wording.words, :placeholder, :address || planned.code) AS words,
            reason.why || jsonb_build_object('near', near) AS timing
        FROM planned
        JOIN standing_consents c ON c.id = planned.consent_id
        JOIN connected_accounts a ON a.id = c.account_id
        JOIN unnest(CAST(:variants AS uuid[]), CAST(:wordings AS text[])) WITH ORDINALITY AS wording (variant_id, words, no)
            ON wording.no = planned.text_no
        JOIN unnest(CAST(:whys AS jsonb[])) WITH ORDINALITY AS reason (why, no) ON reason.no = planned.reason_no),
    shared AS (
        INSERT INTO shares (id, user_id, post_id, click, language, words, standing_consent_id, created_at)
        SELECT share_id, user_id, :post, click, language, '', consent_id, :now FROM whole),
    queued AS (
        INSERT INTO deliveries (id, share_id, user_id, post_id, account_id, network, variant_id, language, text, text_hash, state, priority,
            due_at, latest_at, tries, looks, counts, timing, created_at)
        SELECT delivery_id, share_id, user_id, :post, account_id, network, variant_id, language, words,
            encode(sha256(convert_to(words, 'UTF8')), 'hex'), 'queued', :priority, due_at, latest_at, 0, 0, '{}', timing, :now FROM whole),
    linked AS (
        INSERT INTO short_links (code, delivery_id, target, clicks, created_at)
        SELECT code, delivery_id, :target, 0, :now FROM whole WHERE code <> '')
    INSERT INTO events (at, actor_id, verb, subject, subject_id, facts)
    SELECT :now, user_id, 'planned', 'shares', share_id,
        jsonb_build_object('post', CAST(:post AS text), 'accounts', jsonb_build_array(account_id))
    FROM whole
""")


def click(post: Post, one: "Wanted") -> str:
    """What stands for the click that nobody makes: the consent and the post, so that nothing is planned twice."""
    return f"standing:{post.id}:{one.row.consent_id}"


def wanting(post: Post, networks: Sequence[str], *, now: datetime) -> Sequence[Row[Any]]:
    """The consents on the post's topic that may plan it, their accounts locked until the end of the transaction."""
    facts = {"topic": post.topic_id, "networks": list(networks)}
    if not session.execute(_LOCK, facts).all():
        return []
    facts |= {"post": post.id, "author": post.author_id, "now": now, "week_ago": now - WEEK, "oldest": _oldest_id(now - PLANNED_AHEAD)}
    return session.execute(_WANTING, facts).all()


def _oldest_id(moment: datetime) -> uuid.UUID:
    """Ids grow with time: none that was made later is smaller."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def write(post: Post, planned: Sequence["Planned"], *, now: datetime) -> None:
    """Shares, deliveries, short links and events, in one statement."""
    texts, whys = _Numbered[Composition](), _Numbered[Why]()
    late, end = timedelta(seconds=pace().late_after), post.share_until
    facts: dict[str, Any] = {
        "shares": _array(one.wanted.share_id.hex for one in planned),
        "deliveries": _array(one.wanted.delivery_id.hex for one in planned),
        "consents": _array(one.wanted.row.consent_id.hex for one in planned),
        "clicks": _array(click(post, one.wanted) for one in planned),
        "codes": _array(one.code or '""' for one in planned),
        "due": _array(one.minute.moment.isoformat() for one in planned),
        "latest": _array(min(one.minute.moment + late, end).isoformat() for one in planned),
        "texts": _array(str(texts.number(one.text)) for one in planned),
        "reasons": _array(str(whys.number(one.minute.why)) for one in planned),
        "near": _array(one.minute.near.isoformat() if one.minute.near else "NULL" for one in planned),
    }
    facts |= {"post": post.id, "now": now, "target": planned[0].text.target, "priority": int(Priority.SPREAD)}
    facts |= {"placeholder": short_links.address(PLACEHOLDER), "address": short_links.address("")}
    facts |= {"variants": [one.variant.id for one in texts.all], "wordings": [one.text for one in texts.all]}
    session.execute(_WRITE, facts | {"whys": [json.dumps(asdict(why)) for why in whys.all]})


def _array(words: Iterable[str]) -> str:
    """An array as PostgreSQL writes it, of words that need no quotes: a hundred thousand values in one go."""
    return "{" + ",".join(words) + "}"


class _Numbered(Generic[Thing]):
    """Each different thing once, counted from 1."""

    def __init__(self) -> None:
        self._known: dict[Thing, int] = {}

    def number(self, thing: Thing) -> int:
        """Its number, the same for the same thing."""
        return self._known.setdefault(thing, len(self._known) + 1)

    @property
    def all(self) -> list[Thing]:
        """All of them, in the order of their numbers."""
        return list(self._known)
