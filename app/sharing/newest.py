"""Which posts a person is shown: the newest of their topics that can be shared now, and that they have neither shared nor put aside."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from app.db import session
from app.editorial.models import LONG_LIVED, Post
from app.people.models import Topic, User, followed_topics
from app.sharing.models import STANDING, Delivery, HandShare, PutAside

# What was approved before this and can still be shared is LONG_LIVED: the same span.
LATELY = timedelta(days=90)
USER = sa.bindparam("user_id", type_=sa.Uuid())
NOW, RECENT = sa.bindparam("now", type_=sa.TIMESTAMP(timezone=True)), sa.bindparam("recent", type_=sa.TIMESTAMP(timezone=True))
LIVE, LIMIT = Post.state == sa.literal_column("'live'"), sa.literal_column("5", sa.Integer)


def posts(user: User, *, now: datetime) -> Sequence[Post]:
    """Up to five posts with author, topic and wordings, in two queries.

    What they cost depends on the number of topics and on what the person has shared, not on how many posts there are.
    """
    return session.scalars(_question(), {"user_id": user.id, "now": now, "recent": now - LATELY}).all()


@lru_cache(maxsize=1)
def _question() -> sa.Select[Post]:
    """Put together once: that takes longer than the database needs for the answer."""
    shown = (
        joinedload(Post.author).load_only(User.name, User.field),
        joinedload(Post.topic).load_only(Topic.name_en, Topic.name_de),
        selectinload(Post.variants),
    )
    ids = _ids()
    return sa.select(Post).join(ids, ids.c.id == Post.id).options(*shown).order_by(Post.approved_at.desc(), Post.id.desc())


def _ids() -> sa.Subquery:
    """The first of each topic among what was approved lately, and among the older posts that can be shared for very long.

    Posts of the second kind have an index of their own. So a long history costs nothing, neither do many posts at once, and somebody who
    has seen everything that is new does not send the database into the past.
    """
    topics, left_out = _topics().cte("wanted"), _left_out().cte("left_out")
    open_now = Post.topic_id == topics.c.id, LIVE, Post.share_from <= NOW, Post.share_until > NOW
    wanted = *open_now, Post.id.not_in(sa.select(left_out.c.post_id))
    lately = _first(*wanted, Post.approved_at > RECENT).lateral("lately")
    before = _first(*wanted, Post.approved_at <= RECENT, sa.literal_column(LONG_LIVED, sa.Boolean)).lateral("before")
    of_each = (sa.select(found.c.id, found.c.approved_at).select_from(topics.join(found, sa.true())) for found in (lately, before))
    both = sa.union_all(*of_each).subquery("both")
    return sa.select(both.c.id).order_by(both.c.approved_at.desc(), both.c.id.desc()).limit(LIMIT).subquery("newest")


def _first(*conditions: sa.ColumnElement[bool]) -> sa.Select[uuid.UUID, datetime]:
    return sa.select(Post.id, Post.approved_at).where(*conditions).order_by(Post.approved_at.desc(), Post.id.desc()).limit(LIMIT)


def _topics() -> sa.Select[uuid.UUID]:
    """What the person follows; everything while they follow nothing."""
    followed = sa.select(followed_topics.c.topic_id).where(followed_topics.c.user_id == USER)
    return sa.select(Topic.id).where(Topic.retired_at.is_(None), sa.or_(Topic.id.in_(followed), ~followed.exists()))


def _left_out() -> sa.CompoundSelect[uuid.UUID]:
    """What the person has shared or put aside, looked up once for all rows."""
    shared = sa.select(Delivery.post_id).where(Delivery.user_id == USER, sa.literal_column(STANDING, sa.Boolean))
    by_hand = sa.select(HandShare.post_id).where(HandShare.user_id == USER, HandShare.confirmed_at.is_not(None))
    aside = sa.select(PutAside.post_id).where(PutAside.user_id == USER, sa.or_(PutAside.until.is_(None), PutAside.until > NOW))
    return sa.union_all(shared, by_hand, aside)
