"""My shares: what is planned, on the way and out there, newest first."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import literal, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from app.db import session
from app.editorial.models import Post
from app.errors import Missing, _
from app.people.models import User
from app.sharing.models import Delivery, HandShare, Share

PAGE = 20


@dataclass(frozen=True)
class Entry:
    """One click of the person: a share with its deliveries, or a share by hand."""

    id: uuid.UUID
    share: Share | None
    hand: HandShare | None

    @property
    def post(self) -> Post:
        """What was shared."""
        one = self.share or self.hand
        assert one is not None
        return one.post


def page(user: User, *, before: uuid.UUID | None = None, post_id: uuid.UUID | None = None) -> tuple[list[Entry], uuid.UUID | None]:
    """Up to PAGE entries, of one post when it is named, and the id after which the next page starts; four queries at any size."""
    ids = _ids(user, before, post_id)
    shares = {row.id: row for row in _shares(ids[:PAGE])}
    hands = {row.id: row for row in _hands(ids[:PAGE])}
    entries = [Entry(one, shares.get(one), hands.get(one)) for one in ids[:PAGE]]
    return entries, ids[PAGE - 1] if len(ids) > PAGE else None


def _ids(user: User, before: uuid.UUID | None, post_id: uuid.UUID | None) -> list[uuid.UUID]:
    """The newest ids of both kinds: ids grow with time."""
    parts = []
    for table in (Share, HandShare):
        mine = select(table.id).where(table.user_id == user.id)
        mine = mine if post_id is None else mine.where(table.post_id == post_id)
        mine = mine if before is None else mine.where(table.id < literal(before))
        parts.append(mine.order_by(table.id.desc()).limit(PAGE + 1).subquery())
    both = union_all(*(select(part.c.id) for part in parts)).subquery()
    return list(session.scalars(select(both.c.id).order_by(both.c.id.desc()).limit(PAGE + 1)))


def _shares(ids: Sequence[uuid.UUID]) -> Sequence[Share]:
    shown = (
        joinedload(Share.post).joinedload(Post.author),
        selectinload(Share.deliveries).options(joinedload(Delivery.account), joinedload(Delivery.link)),
    )
    return session.scalars(select(Share).where(Share.id.in_(ids)).options(*shown)).unique().all()


def _hands(ids: Sequence[uuid.UUID]) -> Sequence[HandShare]:
    shown = (joinedload(HandShare.post).joinedload(Post.author), joinedload(HandShare.link))
    return session.scalars(select(HandShare).where(HandShare.id.in_(ids)).options(*shown)).all()


def one(user: User, share_id: uuid.UUID) -> Share | None:
    """The person's own share with its deliveries, or none."""
    found = [row for row in _shares([share_id]) if row.user_id == user.id]
    return found[0] if found else None


def delivery(user: User, delivery_id: uuid.UUID) -> Delivery:
    """The person's own delivery with account and link; raises Missing for somebody else's and for none."""
    shown = (joinedload(Delivery.account), joinedload(Delivery.link), joinedload(Delivery.post))
    found = session.scalars(select(Delivery).where(Delivery.id == delivery_id, Delivery.user_id == user.id).options(*shown)).one_or_none()
    if found is None:
        raise Missing(_("There is no such share, or it is not yours."))
    return found
