"""Which wording of a post a share gets, so that colleagues differ."""

import hashlib
import uuid
from datetime import UTC, datetime

from sqlalchemy import func, select, text

from app.db import session
from app.editorial.models import Post, Variant
from app.errors import Invalid, _
from app.sharing.models import Delivery

RECENT = 200
_NOT_USED = ("cancelled", "skipped", "failed")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def choose(post: Post, *, language: str, network: str, user_id: uuid.UUID) -> Variant:
    """The wording that was used longest ago on this network, never used ones first.

    Among equals every person has an order of their own that does not change, so that two people who look at the same time see different
    wordings. Wordings made for the network win over the general ones. Raises Invalid when there is no text in that language.
    """
    fitting = candidates(post, language=language, network=network)
    if not fitting:
        raise Invalid(_("This post has no text in that language. Choose another language."), field="language")
    used = _last_uses(post.id, network)
    return min(fitting, key=lambda one: (used.get(one.id, _LONG_AGO), _lot(user_id, one.id)))


def candidates(post: Post, *, language: str, network: str) -> list[Variant]:
    """The wordings of this language for this network; the general ones where there are none of its own."""
    of_language = [one for one in post.variants if one.language == language]
    own = [one for one in of_language if one.network == network]
    return own or [one for one in of_language if one.network is None]


def languages(post: Post) -> list[str]:
    """The languages in which the post can be shared, its own first."""
    found = {one.language for one in post.variants if one.network is None}
    return sorted(found, key=lambda language: (language != post.content.get("language"), language))


def take_turns(post_id: uuid.UUID) -> None:
    """Let shares of one post choose their wordings one after the other, until the end of the transaction."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:post, 0))"), {"post": f"wordings of {post_id}"})


def _last_uses(post_id: uuid.UUID, network: str) -> dict[uuid.UUID | None, datetime]:
    """When each wording was last due, among the post's latest deliveries."""
    latest = (
        select(Delivery.variant_id, Delivery.due_at)
        .where(Delivery.post_id == post_id, Delivery.network == network, Delivery.state.not_in(_NOT_USED))
        .order_by(Delivery.due_at.desc())
        .limit(RECENT)
        .subquery()
    )
    rows = session.execute(select(latest.c.variant_id, func.max(latest.c.due_at)).group_by(latest.c.variant_id))
    return {row[0]: row[1] for row in rows}


def _lot(user_id: uuid.UUID, variant_id: uuid.UUID) -> bytes:
    return hashlib.sha256(user_id.bytes + variant_id.bytes).digest()
