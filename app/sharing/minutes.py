"""The minute of a share that its owner leaves to us, chosen while nobody else can choose one for the same post on the same network."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, text

from app.db import session
from app.editorial.models import Post
from app.errors import Invalid, _
from app.people.models import User
from app.sharing import caps, hours, pacing
from app.sharing.account_models import ConnectedAccount
from app.sharing.arrays import array
from app.sharing.consent_models import Plan, StandingConsent
from app.sharing.models import Delivery
from app.sharing.pacing import Minute

_NOT_TAKEN = ("cancelled", "skipped", "failed", "removed")
ASIDE = timedelta(days=1)
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('minutes of ' || :post || ' on ' || :network, 0))")
_MY_TURNS = text("""
    SELECT post_id, network FROM unnest(CAST(:posts AS uuid[]), CAST(:networks AS text[])) AS places (post_id, network)
    WHERE pg_try_advisory_xact_lock(hashtextextended('minutes of ' || post_id || ' on ' || network, 0))
""")
# Joined with the people, never compared with a list of them: ten thousand rows and ten thousand people would be a hundred million looks.
_OWN = text("""
    WITH people AS MATERIALIZED (SELECT DISTINCT id FROM unnest(CAST(:people AS uuid[])) AS people (id))
    SELECT CAST(found.user_id AS text), found.moment FROM (
        SELECT a.user_id, d.due_at FROM people
            JOIN connected_accounts a ON a.user_id = people.id AND a.network = :network AND a.state <> 'disconnected'
            JOIN deliveries d ON d.account_id = a.id AND d.state IN ('queued', 'held')
        UNION ALL
        SELECT p.user_id, p.due_at FROM people
            JOIN plans p ON p.user_id = people.id
            JOIN standing_consents c ON c.id = p.consent_id
            JOIN connected_accounts a ON a.id = c.account_id AND a.network = :network
        UNION ALL
        SELECT d.user_id, d.sent_at FROM people
            JOIN deliveries d ON d.user_id = people.id AND d.network = :network AND d.sent_at >= :since
    ) AS found (user_id, moment)
""")


def choose(user: User, post: Post, *, network: str, delivery_id: uuid.UUID, earliest: datetime) -> Minute:
    """A minute within the person's hours and the post's time. Raises Invalid when these have nothing in common."""
    _one_at_a_time(post.id, network)
    wish = hours.wish(user, start=max(earliest, post.share_from), end=post.share_until)
    found = pacing.choose(
        wish,
        taken=colleagues(post.id, network, but=user.id, since=earliest - ASIDE),
        own=own_moments([user.id], network, since=earliest - ASIDE).get(str(user.id), []),
        cap=caps.current().get(network, caps.default(network)),
        seed=delivery_id.bytes,
    )
    if found is None:
        raise Invalid(_("Your sharing hours have no room before this post's time is over. Choose a time yourself."), field="at")
    return found


def _one_at_a_time(post_id: uuid.UUID, network: str) -> None:
    """Until the end of the transaction."""
    session.execute(_TURN, {"post": str(post_id), "network": network})


def my_turns(places: Collection[tuple[uuid.UUID, str]]) -> list[tuple[uuid.UUID, str]]:
    """Those of these posts and networks for which nobody else chooses a minute now, and can until the end of the transaction.

    It waits for nobody, so whoever asks for many holds up nobody for ever.
    """
    if not places:
        return []
    posts, networks = [str(post) for post, _network in places], [network for _post, network in places]
    return [(row.post_id, row.network) for row in session.execute(_MY_TURNS, {"posts": posts, "networks": networks})]


def colleagues(post_id: uuid.UUID, network: str, *, but: uuid.UUID | None = None, since: datetime) -> Sequence[datetime]:
    """When colleagues share the same post there."""
    there = select(Delivery.due_at).where(Delivery.post_id == post_id, Delivery.network == network, Delivery.user_id.is_distinct_from(but))
    taken = there.where(Delivery.due_at >= since, Delivery.state.not_in(_NOT_TAKEN))
    to_be = select(Plan.due_at).join(StandingConsent, StandingConsent.id == Plan.consent_id)
    to_be = to_be.join(ConnectedAccount, ConnectedAccount.id == StandingConsent.account_id)
    planned = to_be.where(Plan.post_id == post_id, Plan.user_id.is_distinct_from(but), ConnectedAccount.network == network)
    return session.scalars(taken.union_all(planned)).all()


def own_moments(user_ids: Iterable[uuid.UUID | str], network: str, *, since: datetime) -> dict[str, list[datetime]]:
    """What each of these people (by id, as text) has there already: planned, or sent since then."""
    people = array(map(str, user_ids))
    found: dict[str, list[datetime]] = {}
    for user_id, moment in session.execute(_OWN, {"people": people, "network": network, "since": since}):
        found.setdefault(user_id, []).append(moment)
    return found
