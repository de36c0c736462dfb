"""The minute of a share that its owner leaves to us, chosen while nobody else can choose one for the same post on the same network."""

import uuid
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ARRAY, Text, Uuid, cast, func, literal, select, text

from app.db import session
from app.editorial.models import Post
from app.errors import Invalid, _
from app.people.models import User
from app.sharing import caps, hours, pacing
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.models import Delivery
from app.sharing.pacing import Minute

_NOT_TAKEN = ("cancelled", "skipped", "failed", "removed")
ASIDE = timedelta(days=1)


def choose(user: User, post: Post, *, network: str, delivery_id: uuid.UUID, earliest: datetime) -> Minute:
    """A minute within the person's hours and the post's time. Raises Invalid when these have nothing in common."""
    _one_at_a_time(post.id, network)
    wish = hours.wish(user, start=max(earliest, post.share_from), end=post.share_until)
    found = pacing.choose(
        wish,
        taken=_colleagues(post.id, network, but=user.id, since=earliest - ASIDE),
        own=own_moments([user.id], network, since=earliest - ASIDE).get(str(user.id), []),
        cap=caps.current().get(network, caps.default(network)),
        seed=delivery_id.bytes,
    )
    if found is None:
        raise Invalid(_("Your sharing hours have no room before this post's time is over. Choose a time yourself."), field="at")
    return found


def _one_at_a_time(post_id: uuid.UUID, network: str) -> None:
    """Until the end of the transaction."""
    key = f"minutes of {post_id} on {network}"
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


def _colleagues(post_id: uuid.UUID, network: str, *, but: uuid.UUID, since: datetime) -> Sequence[datetime]:
    """When colleagues share the same post there."""
    there = select(Delivery.due_at).where(Delivery.post_id == post_id, Delivery.network == network, Delivery.user_id != but)
    return session.scalars(there.where(Delivery.due_at >= since, Delivery.state.not_in(_NOT_TAKEN))).all()


def own_moments(user_ids: Collection[uuid.UUID | str], network: str, *, since: datetime) -> dict[str, list[datetime]]:
    """What each of these people (by id, as text) has there already: planned, or sent since then."""
    written = "{" + ",".join(map(str, user_ids)) + "}"
    people = func.any(cast(literal(written, Text), ARRAY(Uuid)))
    planned = (
        select(ConnectedAccount.user_id, Delivery.due_at)
        .join(Delivery, Delivery.account_id == ConnectedAccount.id)
        .where(ConnectedAccount.user_id == people, ConnectedAccount.state != AccountState.DISCONNECTED)
        .where(ConnectedAccount.network == network, Delivery.state.in_(("queued", "held")))
    )
    sent = select(Delivery.user_id, Delivery.sent_at).where(Delivery.user_id == people, Delivery.network == network)
    found: dict[str, list[datetime]] = {}
    for user_id, moment in session.execute(planned.union_all(sent.where(Delivery.sent_at >= since))):
        found.setdefault(str(user_id), []).append(moment)
    return found
