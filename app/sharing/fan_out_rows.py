"""The rows of a fan-out: which consents want a post, and the one statement that writes what they plan."""

import json
import os
import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import text

from app.db import session
from app.editorial.models import Post
from app.sharing import preflight, short_links
from app.sharing.compositions import PLACEHOLDER, Composition
from app.sharing.models import Priority
from app.sharing.pace import pace
from app.sharing.pacing import Minute, Why

Thing = TypeVar("Thing")
WEEK = timedelta(days=7)
# Nothing that a consent planned longer ago than this can be due within the last week.
PLANNED_AHEAD = timedelta(days=100)

# People before their accounts, as when somebody is deactivated; accounts before their deliveries, as everywhere.
_LOCK = text("""
    SELECT count(*) FROM (
        SELECT a.id FROM standing_consents c
        JOIN users u ON u.id = c.user_id AND u.deactivated_at IS NULL
        JOIN connected_accounts a ON a.id = c.account_id AND a.state = 'connected'
        WHERE c.topic_id = :topic AND c.ended_at IS NULL AND a.network = ANY (:networks)
        ORDER BY u.id, a.id FOR KEY SHARE OF u, a) AS locked
""")
# The post's own author shares it with a click, or not; a post is planned once for each account.
_WANTING = text("""
    WITH this_week AS (
        SELECT s.standing_consent_id AS id, count(*) AS many
        FROM shares s JOIN deliveries d ON d.share_id = s.id
        WHERE s.standing_consent_id IN (SELECT id FROM standing_consents WHERE topic_id = :topic AND ended_at IS NULL)
          AND s.id > :oldest AND d.due_at > :week_ago AND d.state NOT IN ('cancelled', 'failed', 'skipped')
        GROUP BY s.standing_consent_id)
    SELECT CAST(c.id AS text), CAST(c.user_id AS text), CAST(c.account_id AS text), c.language, a.network,
        CAST(a.limits ->> 'text_max' AS integer), a.limits ->> 'text_unit', CAST(a.limits ->> 'url_cost' AS integer),
        u.time_zone, h.days, h.from_minute, h.until_minute, h.on_days_off
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
            CAST(:shares AS uuid[]), CAST(:deliveries AS uuid[]), CAST(:consents AS uuid[]), CAST(:users AS uuid[]),
            CAST(:accounts AS uuid[]), CAST(:codes AS text[]), CAST(:due AS float8[]), CAST(:near AS float8[]),
            CAST(:texts AS integer[]), CAST(:reasons AS integer[])
        ) AS planned (share_id, delivery_id, consent_id, user_id, account_id, code, due, near, text_no, reason_no)),
    whole AS MATERIALIZED (
        SELECT planned.*, to_timestamp(due) AS due_at, wording.*, reason.why,
            replace(wording.template, CAST(:placeholder AS text), CAST(:address AS text) || code) AS words
        FROM planned
        JOIN unnest(CAST(:variants AS uuid[]), CAST(:networks AS text[]), CAST(:languages AS text[]), CAST(:templates AS text[]))
            WITH ORDINALITY AS wording (variant_id, network, language, template, wording_no) ON wording_no = text_no
        JOIN unnest(CAST(:whys AS jsonb[])) WITH ORDINALITY AS reason (why, why_no) ON why_no = reason_no),
    shared AS (
        INSERT INTO shares (id, user_id, post_id, click, language, words, standing_consent_id, created_at)
        SELECT share_id, user_id, :post, CAST(:click AS text) || consent_id, language, '', consent_id, :now FROM whole),
    queued AS (
        INSERT INTO deliveries (id, share_id, user_id, post_id, account_id, network, variant_id, language, text, text_hash, state, priority,
            due_at, latest_at, tries, looks, counts, timing, check_due_at, created_at)
        SELECT delivery_id, share_id, user_id, :post, account_id, network, variant_id, language, words,
            encode(sha256(convert_to(words, 'UTF8')), 'hex'), 'queued', :priority, due_at,
            least(due_at + CAST(:late AS interval), :end), 0, 0, '{}', why || jsonb_build_object('near', to_timestamp(near)),
            CASE WHEN due_at - CAST(:ahead AS interval) > :now THEN due_at - CAST(:ahead AS interval) END, :now
        FROM whole),
    linked AS (
        INSERT INTO short_links (code, delivery_id, target, clicks, created_at)
        SELECT code, delivery_id, :target, 0, :now FROM whole WHERE code <> '')
    INSERT INTO events (at, actor_id, verb, subject, subject_id, facts)
    SELECT :now, user_id, 'planned', 'shares', share_id,
        jsonb_build_object('post', CAST(:written AS text), 'accounts', jsonb_build_array(account_id))
    FROM whole
""")


class Wanting(NamedTuple):
    """One consent that wants a post, its account and its owner's hours; ids as text, those of its share and delivery to be are new."""

    consent_id: str
    user_id: str
    account_id: str
    language: str
    network: str
    text_max: int | None
    text_unit: Any
    url_cost: int | None
    time_zone: str
    hours: tuple[tuple[int, ...], int, int, bool] | None
    share_id: str
    delivery_id: str


class Planned(NamedTuple):
    """One delivery to be, with its minute and its text; the tracked link in it still has nobody's code."""

    row: Wanting
    minute: Minute
    text: Composition
    code: str


def click(post: Post, row: Wanting) -> str:
    """What stands for the click that nobody makes: the post and the consent, so that nothing is planned twice."""
    return f"standing:{post.id}:{row.consent_id}"


def wanting(post: Post, networks: Sequence[str], *, now: datetime) -> list[Wanting]:
    """The consents on the post's topic that may plan it, their accounts locked until the end of the transaction."""
    facts = {"topic": post.topic_id, "networks": list(networks)}
    if not session.scalar(_LOCK, facts):
        return []
    facts |= {"post": post.id, "author": post.author_id, "now": now, "week_ago": now - WEEK, "oldest": _oldest_id(now - PLANNED_AHEAD)}
    rows = session.execute(_WANTING, facts).all()
    ids = iter(_new_ids(2 * len(rows)))
    return [Wanting._make((*row[:9], (tuple(row[9]), *row[10:]) if row[9] else None, next(ids), next(ids))) for row in rows]


def _oldest_id(moment: datetime) -> uuid.UUID:
    """Ids grow with time: none that was made later is smaller."""
    return uuid.UUID(int=int(moment.timestamp() * 1000) << 80)


def _new_ids(many: int) -> list[str]:
    """So many ids as `app.ids` makes them, written as hex, from one draw of random bytes."""
    start, drawn = f"{time.time_ns() // 1_000_000:012x}7", os.urandom(10 * many).hex()
    return [f"{start}{drawn[at : at + 3]}{'89ab'[int(drawn[at + 3], 16) % 4]}{drawn[at + 4 : at + 19]}" for at in range(0, 20 * many, 20)]


def write(post: Post, planned: Sequence[Planned], *, now: datetime) -> None:
    """Shares, deliveries, short links and events, in one statement."""
    texts, whys = _Numbered[tuple[Composition, str]](), _Numbered[Why]()
    facts: dict[str, Any] = {
        "shares": _array(one.row.share_id for one in planned),
        "deliveries": _array(one.row.delivery_id for one in planned),
        "consents": _array(one.row.consent_id for one in planned),
        "users": _array(one.row.user_id for one in planned),
        "accounts": _array(one.row.account_id for one in planned),
        "codes": _array(one.code or '""' for one in planned),
        "due": _array(repr(one.minute.moment.timestamp()) for one in planned),
        "near": _array(repr(one.minute.near.timestamp()) if one.minute.near else "NULL" for one in planned),
        "texts": _array(texts.number((one.text, one.row.network)) for one in planned),
        "reasons": _array(whys.number(one.minute.why) for one in planned),
    }
    facts |= {"post": post.id, "written": str(post.id), "now": now, "late": timedelta(seconds=pace().late_after), "end": post.share_until}
    facts |= {"ahead": preflight.AHEAD}
    facts |= {"click": f"standing:{post.id}:", "target": planned[0].text.target, "priority": int(Priority.SPREAD)}
    facts |= {"placeholder": short_links.address(PLACEHOLDER), "address": short_links.address("")}
    facts |= {"variants": [text.variant.id for text, _ in texts.all], "networks": [network for _, network in texts.all]}
    facts |= {"languages": [text.language for text, _ in texts.all], "templates": [text.text for text, _ in texts.all]}
    session.execute(_WRITE, facts | {"whys": [json.dumps(asdict(why)) for why in whys.all]})


def _array(words: Iterable[str]) -> str:
    """An array as PostgreSQL writes it, of words that need no quotes: a hundred thousand values in one go."""
    return "{" + ",".join(words) + "}"


class _Numbered(Generic[Thing]):
    """Each different thing once, counted from 1."""

    def __init__(self) -> None:
        self._known: dict[Thing, str] = {}

    def number(self, thing: Thing) -> str:
        """Its number, the same for the same thing."""
        return self._known.get(thing) or self._known.setdefault(thing, str(len(self._known) + 1))

    @property
    def all(self) -> list[Thing]:
        """All of them, in the order of their numbers."""
        return list(self._known)
