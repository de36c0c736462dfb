"""Which wording of a post a share gets, so that colleagues differ."""

import hashlib
import uuid
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import lru_cache

from sqlalchemy import ARRAY, Select, Uuid, bindparam, func, select, text, true

from app.db import session
from app.editorial.models import Post, Variant
from app.errors import Invalid, _
from app.sharing.models import Delivery

RECENT = 200
_NOT_USED = ("cancelled", "skipped", "failed")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


Uses = Mapping[uuid.UUID | None, datetime]


def choose(post: Post, *, language: str, network: str, user_id: uuid.UUID, used: Uses | None = None) -> Variant:
    """The wording that was used longest ago on this network, never used ones first. `used` spares the look-up (`last_uses`).

    Among equals every person has an order of their own that does not change, so that two people who look at the same time see different
    wordings. Wordings made for the network win over the general ones. Raises Invalid when there is no text in that language.
    """
    fitting = candidates(post, language=language, network=network)
    if not fitting:
        raise Invalid(_("This post has no text in that language. Choose another language."), field="language")
    known = last_uses([post.id], network).get(post.id, {}) if used is None else used
    return min(fitting, key=lambda one: (known.get(one.id, _LONG_AGO), _lot(user_id, one.id)))


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


def last_uses(post_ids: Collection[uuid.UUID], network: str) -> dict[uuid.UUID, dict[uuid.UUID | None, datetime]]:
    """When each wording of these posts was last due on a network, among each post's latest deliveries; one query."""
    found: dict[uuid.UUID, dict[uuid.UUID | None, datetime]] = {}
    for post_id, variant_id, due_at in session.execute(_uses(), {"posts": list(post_ids), "network": network}):
        found.setdefault(post_id, {})[variant_id] = due_at
    return found


@lru_cache(maxsize=1)
def _uses() -> Select[uuid.UUID, uuid.UUID | None, datetime]:
    """Put together once: that takes longer than the answer."""
    posts = select(func.unnest(bindparam("posts", type_=ARRAY(Uuid()))).label("id")).subquery()
    of_post = select(Delivery.variant_id, Delivery.due_at).where(Delivery.post_id == posts.c.id, Delivery.network == bindparam("network"))
    latest = of_post.where(Delivery.state.not_in(_NOT_USED)).order_by(Delivery.due_at.desc()).limit(RECENT).lateral()
    last = func.max(latest.c.due_at)
    return select(posts.c.id, latest.c.variant_id, last).join_from(posts, latest, true()).group_by(posts.c.id, latest.c.variant_id)


def _lot(user_id: uuid.UUID, variant_id: uuid.UUID) -> bytes:
    return hashlib.sha256(user_id.bytes + variant_id.bytes).digest()
