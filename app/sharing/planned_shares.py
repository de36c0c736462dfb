"""Plans become shares: what standing consents want of a post is queued in the very transaction that tells its owner.

A batch of people after the other, by one worker at a time. Whoever has ended the consent, disconnected or left since the approval is left
out; what can no longer be announced two hours ahead gets another minute.
"""

import os
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, text

from app.db import session
from app.editorial.models import Post, Variant
from app.errors import Invalid
from app.sharing import announcing, compositions, fan_out, minutes, preflight, short_links
from app.sharing.arrays import Numbered, array
from app.sharing.compositions import PLACEHOLDER, Composition
from app.sharing.consent_models import Plan
from app.sharing.models import Priority
from app.sharing.pace import pace
from app.sharing.plans import STILL_WANTED

BATCH = 500

_ONE_AT_A_TIME = text("SELECT pg_try_advisory_xact_lock(hashtextextended('plans become shares', 0))")
# People before their accounts, as when somebody is deactivated; accounts before their deliveries, as everywhere.
_LOCK = text("""
    SELECT count(*) FROM (
        SELECT a.id FROM plans p
        JOIN standing_consents c ON c.id = p.consent_id
        JOIN users u ON u.id = p.user_id
        JOIN connected_accounts a ON a.id = c.account_id
        WHERE p.post_id = :post AND p.user_id BETWEEN :first AND :last
        ORDER BY u.id, a.id FOR KEY SHARE OF u, a) AS locked
""")
_TAKE = text(
    f"""
    WITH taken AS (
        DELETE FROM plans WHERE post_id = :post AND user_id BETWEEN :first AND :last
        RETURNING user_id, consent_id, variant_id, due_at, near, why)
    SELECT CAST(c.id AS text) AS consent_id, CAST(c.user_id AS text) AS user_id, CAST(c.account_id AS text) AS account_id,
        c.language, a.network, CAST(a.limits ->> 'text_max' AS integer) AS text_max, a.limits ->> 'text_unit' AS text_unit,
        CAST(a.limits ->> 'url_cost' AS integer) AS url_cost, taken.variant_id,
        CAST(extract(epoch FROM taken.due_at) AS float8) AS due, CAST(extract(epoch FROM taken.near) AS float8) AS near,
        CAST(taken.why AS text) AS why
    FROM taken
    JOIN standing_consents c ON c.id = taken.consent_id
    JOIN connected_accounts a ON a.id = c.account_id
    JOIN users u ON u.id = c.user_id
    WHERE taken.due_at >= :soonest AND {STILL_WANTED}
    ORDER BY taken.due_at
    """  # noqa: S608 - a constant of ours
)
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

Taken = Any  # a row of _TAKE


class Made(NamedTuple):
    """One plan with the text of its delivery to be; the tracked link in it still has nobody's code. New ids, as text."""

    plan: Taken
    text: Composition
    code: str
    share_id: str
    delivery_id: str


def make(*, now: datetime) -> int:
    """Make the shares of the next batch, and tell their owners; returns how many plans were dealt with.

    0: there is none, or another worker is at it, or somebody chooses a minute for one that needs another.
    """
    if not session.scalar(_ONE_AT_A_TIME):
        return 0
    post_id = session.scalar(select(Plan.post_id).order_by(Plan.post_id).limit(1))
    if post_id is None:
        return 0
    return _batch(session.get_one(Post, post_id, populate_existing=True), *_people(post_id), now=now)


def _people(post_id: uuid.UUID) -> tuple[uuid.UUID, uuid.UUID]:
    """The first and the last person of the batch, with all of their plans. Beginning at the first passes over what was deleted before."""
    next_ones = select(Plan.user_id).where(Plan.post_id == post_id).order_by(Plan.user_id).limit(BATCH)
    found = session.scalars(next_ones).all()
    return found[0], found[-1]


def _batch(post: Post, first: uuid.UUID, last: uuid.UUID, *, now: datetime) -> int:
    facts = {"post": post.id, "first": first, "last": last, "now": now, "networks": fan_out.allowed(post)}
    facts |= {"soonest": now + fan_out.LEAST_VETO}
    many: int = session.execute(_LOCK, facts).scalar_one()
    late = select(Plan.post_id).where(Plan.post_id == post.id, Plan.due_at < facts["soonest"]).limit(1)
    again = session.scalar(late) is not None
    if again and not _my_turns(post):
        return 0
    made = _made(post, session.execute(_TAKE, facts).all())
    if made:
        _write(post, made, now=now)
        announcing.announce(post, [one.delivery_id for one in made], now=now)
    if again:
        fan_out.plan(post, now=now)
    return many


def _my_turns(post: Post) -> bool:
    """Whether nobody else chooses a minute for this post meanwhile, on any network. It waits for nobody, while it has locked so many."""
    places = [(post.id, network) for network in fan_out.allowed(post)]
    return len(minutes.my_turns(places)) == len(places)


def _made(post: Post, taken: Sequence[Taken]) -> list[Made]:
    """With the texts that they have now; one that does not fit its account any more is left out."""
    ids, texts = iter(_new_ids(2 * len(taken))), _Texts(post)
    found = []
    for plan in taken:
        text_ = texts.of(plan)
        if text_ is not None:
            found.append(Made(plan, text_, _code(post, plan) if text_.target else "", next(ids), next(ids)))
    return found


class _Texts:
    """The texts of a post, composed once for all accounts that take the same."""

    def __init__(self, post: Post) -> None:
        self._post, self._known = post, dict[tuple[object, ...], Composition | None]()

    def of(self, plan: Taken) -> Composition | None:
        """The plan's wording as its account takes it."""
        key = (plan.variant_id, plan.network, plan.text_max, plan.text_unit, plan.url_cost)
        if key not in self._known:
            self._known[key] = self._composed(plan)
        return self._known[key]

    def _composed(self, plan: Taken) -> Composition | None:
        variant = session.get_one(Variant, plan.variant_id)
        try:
            return compositions.template(self._post, variant, network=plan.network, limits=fan_out.limits(plan))
        except Invalid:
            return None


def click(post: Post, consent_id: str) -> str:
    """What stands for the click that nobody makes: the post and the consent, so that nothing is planned twice."""
    return f"standing:{post.id}:{consent_id}"


def _code(post: Post, plan: Taken) -> str:
    return short_links.code_for(user_id=plan.user_id, post_id=post.id, place=plan.account_id, click=click(post, plan.consent_id))


def _new_ids(many: int) -> list[str]:
    """So many ids as `app.ids` makes them, written as hex, from one draw of random bytes."""
    start, drawn = f"{time.time_ns() // 1_000_000:012x}7", os.urandom(10 * many).hex()
    return [f"{start}{drawn[at : at + 3]}{'89ab'[int(drawn[at + 3], 16) % 4]}{drawn[at + 4 : at + 19]}" for at in range(0, 20 * many, 20)]


def _write(post: Post, made: Sequence[Made], *, now: datetime) -> None:
    """Shares, deliveries, short links and events, in one statement."""
    texts, whys = Numbered[tuple[Composition, str]](), Numbered[str]()
    facts: dict[str, Any] = {
        "shares": array(one.share_id for one in made),
        "deliveries": array(one.delivery_id for one in made),
        "consents": array(one.plan.consent_id for one in made),
        "users": array(one.plan.user_id for one in made),
        "accounts": array(one.plan.account_id for one in made),
        "codes": array(one.code or '""' for one in made),
        "due": array(repr(one.plan.due) for one in made),
        "near": array(repr(one.plan.near) if one.plan.near else "NULL" for one in made),
        "texts": array(texts.number((one.text, one.plan.network)) for one in made),
        "reasons": array(whys.number(one.plan.why) for one in made),
    }
    facts |= {"post": post.id, "written": str(post.id), "now": now, "late": timedelta(seconds=pace().late_after), "end": post.share_until}
    facts |= {"ahead": preflight.AHEAD}
    facts |= {"click": click(post, ""), "target": made[0].text.target, "priority": int(Priority.SPREAD)}
    facts |= {"placeholder": short_links.address(PLACEHOLDER), "address": short_links.address("")}
    facts |= {"variants": [text_.variant.id for text_, _ in texts.all], "networks": [network for _, network in texts.all]}
    facts |= {"languages": [text_.language for text_, _ in texts.all], "templates": [text_.text for text_, _ in texts.all]}
    session.execute(_WRITE, facts | {"whys": whys.all})
