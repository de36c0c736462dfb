"""What a worker needs to send one delivery, as plain values: no row travels outside of its transaction."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from app.db import session, transaction
from app.editorial import content
from app.editorial.media_models import MediaFile
from app.networks.base import Account, Draft, Image, Payload, Prepared
from app.sharing import accounts, holding, leasing, short_links
from app.sharing.account_models import AccountState
from app.sharing.leasing import Leased
from app.sharing.models import Delivery, DeliveryState
from app.sharing.networks import is_on, network

SPARE_SECONDS = 60


@dataclass(frozen=True)
class Order:
    """One delivery on its way. `prepared` is what an earlier try has left at the network, while it can still be used."""

    leased: Leased
    account_id: uuid.UUID
    account: Account
    limits_at: datetime | None
    draft: Draft
    payload: Payload | None = None
    prepared: Prepared | None = None
    sent_at: datetime | None = None
    attempt_id: uuid.UUID | None = None

    def rendered(self) -> Payload:
        """Exactly what will be sent. Raises Permanent when it does not fit."""
        return network(self.account.network).render(self.draft, self.account)


def take(leased: Leased, *, now: datetime) -> Order | None:
    """The order of a leased row, unless something stands against sending it: then the row says what, and its owner is told."""
    with transaction():
        delivery = leasing.locked(leased)
        if delivery is None or not may_leave(delivery, now=now):
            return None
        return _order(delivery, leased, now)


def may_leave(delivery: Delivery, *, now: datetime) -> bool:
    """Whether this queued delivery, which is locked, may still leave; if not, it is moved to where it belongs."""
    account = delivery.account
    if not delivery.share.user.is_active:
        holding.cancel_one(delivery, by=None, problem="person_left")
    elif delivery.post.state != "live":
        holding.skip(delivery, problem="post_withdrawn")
    elif now > delivery.latest_at:
        holding.skip(delivery, problem="too_late")
    elif account.state == AccountState.DISCONNECTED:
        holding.cancel_one(delivery, by=None, problem="account_disconnected")
    elif account.state != AccountState.CONNECTED:
        holding.hold_one(delivery, problem=account.problem or "token_invalid")
    elif not is_on(delivery.network):
        holding.hold_one(delivery, problem="network_off")
    return delivery.state == DeliveryState.QUEUED


def _order(delivery: Delivery, leased: Leased, now: datetime) -> Order:
    account = delivery.account
    link = delivery.link
    draft = Draft(
        key=str(delivery.id),
        text=delivery.text,
        language=delivery.language,
        link=short_links.address(link.code) if link else "",
        images=pictures(delivery),
        visibility=account.visibility,
    )
    return Order(leased, account.id, accounts.as_value(account), account.limits_at, draft, prepared=usable(delivery, now))


def pictures(delivery: Delivery) -> tuple[Image, ...]:
    """The post's pictures in full, each with its description in the delivery's language; as many as the account's server takes."""
    wanted = content.of(delivery.post.content)["pictures"]
    ids = [uuid.UUID(one["media_id"]) for one in wanted]
    if not ids:
        return ()
    rows = session.scalars(select(MediaFile).where(MediaFile.media_id.in_(ids), MediaFile.rendition == "full"))
    files = {row.media_id: row for row in rows}
    alts = [one["alt"].get(delivery.language, "") for one in wanted]
    most = accounts.limits_of(delivery.account).max_images
    found = [(files[one], alt) for one, alt in zip(ids, alts, strict=True) if one in files]
    return tuple(Image(file.data, file.mime, alt, file.width, file.height) for file, alt in found[:most])


def usable(delivery: Delivery, now: datetime) -> Prepared | None:
    """What an earlier try prepared, if it lasts for another minute."""
    if delivery.prepared is None:
        return None
    prepared = Prepared.from_json(delivery.prepared)
    lasts = prepared.expires_at is None or (prepared.expires_at - now).total_seconds() > SPARE_SECONDS
    return prepared if lasts else None


def with_payload(order: Order, account: Account) -> Order:
    """The order with fresh tokens and with what will be sent. Raises Permanent when it does not fit."""
    order = replace(order, account=account)
    return replace(order, payload=order.rendered())
