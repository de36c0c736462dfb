"""What came of a post: sums without names, for its author and the reviewers."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import Integer, Subquery, cast, func, select

from app.db import session
from app.editorial.models import Post, Proposal
from app.sharing.models import Delivery, HandShare, ShortLink

COUNTED = ("likes", "reposts", "comments")


@dataclass(frozen=True)
class Results:
    """Sums over all shares of one post. A count that no network offers is 0 here, because sums are shown only when above it."""

    shares: int = 0
    by_hand: int = 0
    clicks: int = 0
    likes: int = 0
    reposts: int = 0
    comments: int = 0


def of_posts(post_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Results]:
    """The results of these posts, in one query."""
    published, by_hand = _published(post_ids), _by_hand(post_ids)
    counts = [func.coalesce(published.c[name], 0) for name in ("shares", *COUNTED)]
    clicks = func.coalesce(published.c.clicks, 0) + func.coalesce(by_hand.c.clicks, 0)
    both = (
        select(Post.id, *counts, func.coalesce(by_hand.c.shares, 0), clicks)
        .outerjoin(published, published.c.post_id == Post.id)
        .outerjoin(by_hand, by_hand.c.post_id == Post.id)
    )
    rows = session.execute(both.where(Post.id.in_(post_ids))).all()
    return {row[0]: Results(shares=row[1], likes=row[2], reposts=row[3], comments=row[4], by_hand=row[5], clicks=row[6]) for row in rows}


def _published(post_ids: Collection[uuid.UUID]) -> Subquery:
    sums = [func.sum(cast(Delivery.counts[name].astext, Integer)).label(name) for name in COUNTED]
    clicks = func.sum(ShortLink.clicks).label("clicks")
    grouped = select(Delivery.post_id, func.count(Delivery.user_id.distinct()).label("shares"), clicks, *sums)
    grouped = grouped.outerjoin(ShortLink, ShortLink.delivery_id == Delivery.id)
    return grouped.where(Delivery.post_id.in_(post_ids), Delivery.state == "published").group_by(Delivery.post_id).subquery()


def _by_hand(post_ids: Collection[uuid.UUID]) -> Subquery:
    clicks = func.sum(ShortLink.clicks).label("clicks")
    grouped = select(HandShare.post_id, func.count(HandShare.user_id.distinct()).label("shares"), clicks)
    grouped = grouped.outerjoin(ShortLink, ShortLink.hand_share_id == HandShare.id)
    told = HandShare.confirmed_at.is_not(None)
    return grouped.where(HandShare.post_id.in_(post_ids), told).group_by(HandShare.post_id).subquery()


def of_proposal(proposal: Proposal) -> Results | None:
    """The results of the post that came of a proposal, or none while there is no post."""
    post_id = session.scalar(select(Post.id).where(Post.proposal_id == proposal.id))
    return of_posts([post_id]).get(post_id) if post_id else None
