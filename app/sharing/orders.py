"""What a worker needs to send deliveries, as plain values: no row travels outside of its transaction."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import select

from app.db import session, transaction
from app.editorial.media_models import MediaFile
from app.editorial.models import Post
from app.networks.base import Account, Draft, Image, Payload, Prepared
from app.sharing import accounts, obstacles, short_links
from app.sharing.account_models import ConnectedAccount
from app.sharing.leasing import Leased
from app.sharing.models import Delivery, ShortLink
from app.sharing.networks import network
from app.sharing.obstacles import Facts
from app.sharing.refreshing import SECONDS_LEFT

SPARE_SECONDS = 60
Files = Mapping[uuid.UUID, MediaFile]

_MORE: tuple[Any, ...] = (
    Delivery.text,
    Delivery.language,
    Delivery.prepared,
    Post.content["pictures"].label("pictures"),
    ShortLink.code,
    ConnectedAccount.host,
    ConnectedAccount.remote_id,
    ConnectedAccount.handle,
    ConnectedAccount.tokens,
    ConnectedAccount.limits,
    ConnectedAccount.limits_at,
    ConnectedAccount.visibility,
)


@dataclass(frozen=True)
class Order:
    """One delivery on its way. `prepared` is what an earlier try has left at the network, while it can still be used; `admitted`: it has
    its place in the network's limits.
    """

    leased: Leased
    user_id: uuid.UUID
    account_id: uuid.UUID
    account: Account
    limits_at: datetime | None
    draft: Draft
    payload: Payload | None = None
    prepared: Prepared | None = None
    sent_at: datetime | None = None
    attempt_id: uuid.UUID | None = None
    admitted: bool = False

    @property
    def uploads(self) -> int:
        """How many pictures have to be uploaded before the create request."""
        return 0 if self.prepared is not None else len(self.draft.images)

    def rendered(self) -> Payload:
        """Exactly what will be sent. Raises Permanent when it does not fit."""
        return network(self.account.network).render(self.draft, self.account)

    def asks_network(self, now: datetime) -> bool:
        """Whether getting it ready takes a call: pictures to upload, tokens or limits that are too old."""
        stale = self.limits_at is None or now - self.limits_at >= accounts.LIMITS_LAST
        return bool(self.draft.images) or stale or self.account.tokens.expires_within(SECONDS_LEFT)


def take(leased: Sequence[Leased], *, now: datetime) -> list[Order]:
    """The orders of leased rows, in their order. Where something stands against sending it, the row says what, and its owner is told."""
    with transaction():
        rows = obstacles.by_id(session.execute(_question(), {"ids": [one.id for one in leased]}).all())
        mine = [(one, rows[one.id]) for one in leased if one.id in rows and obstacles.ours(rows[one.id], one)]
        free = [(one, row) for one, row in mine if obstacles.against(row, now=now) is None]
        files = _files([row for _one, row in free])
        orders = [_order(one, row, files, now) for one, row in free]
    taken = {one.id for one, _row in free}
    obstacles.turn_away([one for one, _row in mine if one.id not in taken], now=now)
    return orders


def of(ids: Sequence[uuid.UUID], *, now: datetime) -> list[Order]:
    """The orders that these would be, under nobody's lease and whatever stands against them; accounts that are gone have none."""
    rows = [row for row in session.execute(_question(), {"ids": list(ids)}).all() if row.tokens is not None]
    files = _files(rows)
    return [_order(Leased(row.id, uuid.UUID(int=0), row.state, now), row, files, now) for row in rows]


@lru_cache(maxsize=1)
def _question() -> obstacles.Question:
    """Put together once: that takes longer than the answer."""
    return obstacles.facts(*_MORE).outerjoin(ShortLink, ShortLink.delivery_id == Delivery.id).where(obstacles.ASKED)


def _order(leased: Leased, row: Facts, files: Files, now: datetime) -> Order:
    account = accounts.as_value(row)
    draft = Draft(
        key=str(row.id),
        text=row.text,
        language=row.language,
        link=short_links.address(row.code) if row.code else "",
        images=_pictures(row, account, files),
        visibility=row.visibility,
    )
    return Order(leased, row.user_id, row.account_id, account, row.limits_at, draft, prepared=usable(row.prepared, now))


def _files(rows: Sequence[Facts]) -> Files:
    """The pictures of all these posts in full; a post's picture is read once, however many share it."""
    ids = {uuid.UUID(one["media_id"]) for row in rows for one in row.pictures or ()}
    if not ids:
        return {}
    found = select(MediaFile).where(MediaFile.media_id.in_(ids), MediaFile.rendition == "full")
    return {file.media_id: file for file in session.scalars(found)}


def _pictures(row: Facts, account: Account, files: Files) -> tuple[Image, ...]:
    """Each picture with its description in the delivery's language; as many as the account's server takes."""
    wanted = [(files.get(uuid.UUID(one["media_id"])), one["alt"].get(row.language, "")) for one in row.pictures or ()]
    found = [Image(file.data, file.mime, alt, file.width, file.height) for file, alt in wanted if file is not None]
    return tuple(found[: (account.limits or network(account.network).limits()).max_images])


def usable(stored: Mapping[str, Any] | None, now: datetime) -> Prepared | None:
    """What an earlier try prepared, if it lasts for another minute."""
    if stored is None:
        return None
    prepared = Prepared.from_json(stored)
    lasts = prepared.expires_at is None or prepared.expires_at - now > timedelta(seconds=SPARE_SECONDS)
    return prepared if lasts else None


def with_payload(order: Order, account: Account) -> Order:
    """The order with fresh tokens and with what will be sent. Raises Permanent when it does not fit."""
    order = replace(order, account=account)
    return replace(order, payload=order.rendered())
