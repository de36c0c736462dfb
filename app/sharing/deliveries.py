"""What a person may do with their own deliveries. Somebody else's do not exist for them."""

import re
import uuid
from datetime import datetime
from enum import StrEnum
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from app import clock, nudges
from app.audit.events import record
from app.audit.moves import move
from app.db import on_commit, session
from app.errors import Invalid, Missing, Refusal, Stale, _
from app.people.models import User
from app.sharing import doubts, holding, shares
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.models import Delivery, DeliveryState, Priority
from app.sharing.networks import name_of, network
from app.sharing.pace import first_reading, pace

URL_MAX = 2000
LEFT = "left_by_owner"


class Answer(StrEnum):
    """What the owner says to "Is it on your profile?"."""

    THERE = "there"
    SEND = "send"
    LEAVE = "leave"


def own(user: User, delivery_id: uuid.UUID) -> Delivery:
    """The person's own delivery, locked and as it is now; raises Missing for somebody else's and for none."""
    found = select(Delivery).where(Delivery.id == delivery_id, Delivery.user_id == user.id)
    found = found.options(joinedload(Delivery.account), joinedload(Delivery.post)).with_for_update(of=Delivery)
    delivery = session.scalars(found, execution_options={"populate_existing": True}).one_or_none()
    if delivery is None:
        raise Missing(_("There is no such share, or it is not yours."))
    return delivery


def asks_owner(delivery: Delivery) -> bool:
    """Whether we could not find out alone if it is there, and its owner has to say."""
    return delivery.state == DeliveryState.UNCONFIRMED and delivery.looks >= len(pace().looks)


def cancel(user: User, delivery_id: uuid.UUID) -> Delivery:
    """Stop what has not left yet; a second time changes nothing. Raises Stale when it has left."""
    delivery = own(user, delivery_id)
    if delivery.state == DeliveryState.CANCELLED:
        return delivery
    if delivery.state not in holding.WAITING:
        raise Stale(_("That was a moment too late: it has left. You can take it back once it is published."))
    holding.cancel_one(delivery, by=user.id)
    return delivery


def cancel_share(user: User, share_id: uuid.UUID) -> list[Delivery]:
    """The undo of one click: stop all that has not left. Raises Stale when nothing could be stopped."""
    ids = session.scalars(select(Delivery.id).where(Delivery.share_id == share_id, Delivery.user_id == user.id).order_by(Delivery.id))
    rows = [own(user, one) for one in ids]
    if not rows:
        raise Missing(_("There is no such share, or it is not yours."))
    waiting = [row for row in rows if row.state in holding.WAITING]
    if not waiting and not all(row.state == DeliveryState.CANCELLED for row in rows):
        raise Stale(_("That was a moment too late: it has left. You can take it back once it is published."))
    for row in waiting:
        holding.cancel_one(row, by=user.id)
    return rows


def retry(user: User, delivery_id: uuid.UUID, *, now: datetime | None = None) -> Delivery:
    """Send now what failed, or what was left out because it would have been late.

    Raises Refusal when the post, its window, the account or another share stands against it.
    """
    delivery = own(user, delivery_id)
    if delivery.state not in (DeliveryState.FAILED, DeliveryState.SKIPPED) or delivery.problem == doubts.NEVER_KNOWN:
        raise Stale(_("This has changed in the meantime. Reload the page to see where it stands."))
    _send_again(delivery, by=user.id, now=now or clock.now())
    return delivery


def asks_late(delivery: Delivery, *, now: datetime) -> bool:
    """Whether it was left out only because it would have been late, could still go, and its owner has not said what to do."""
    post = delivery.post
    return delivery.state == DeliveryState.SKIPPED and delivery.problem == "too_late" and post.state == "live" and now < post.share_until


def leave(user: User, delivery_id: uuid.UUID) -> Delivery:
    """What was left out stays so, and its owner is not asked again."""
    delivery = own(user, delivery_id)
    if delivery.state != DeliveryState.SKIPPED:
        raise Stale(_("This has changed in the meantime. Reload the page to see where it stands."))
    if delivery.problem != LEFT:
        delivery.problem, delivery.problem_detail = LEFT, None
        record("left", "deliveries", delivery.id, by=user.id)
    return delivery


def answer_unconfirmed(user: User, delivery_id: uuid.UUID, answer: Answer, *, url: str = "", now: datetime | None = None) -> Delivery:
    """The owner's word on an unconfirmed delivery: it is there (with its address), send it, or leave it.

    Raises Invalid for an address that cannot be this post's, Stale when it has been found out meanwhile.
    """
    delivery = own(user, delivery_id)
    if delivery.state != DeliveryState.UNCONFIRMED:
        raise Stale(_("We have found out in the meantime. Reload the page to see where it stands."))
    present = now or clock.now()
    if answer is Answer.THERE:
        published(delivery, remote_id=_remote_id(delivery, url), url=url.strip(), at=delivery.sent_at or present, by=user.id, now=present)
    elif answer is Answer.SEND:
        _send_again(delivery, by=user.id, now=present)
    else:
        move(delivery, "failed", by=user.id, problem=LEFT)
        delivery.problem, delivery.problem_detail = LEFT, None
        holding.unlease(delivery)
    return delivery


def take_back(user: User, delivery_id: uuid.UUID, *, now: datetime | None = None) -> Delivery:
    """Ask a worker to delete the post at its network; asking twice changes nothing. Raises Refusal when that cannot be done."""
    delivery = own(user, delivery_id)
    if delivery.state != DeliveryState.PUBLISHED:
        raise Stale(_("Only what is published can be taken back. Reload the page to see where it stands."))
    if delivery.removal_asked_at is not None:
        return delivery
    where = network(delivery.network)
    if delivery.account.state != AccountState.CONNECTED or not where.capabilities().delete:
        called = name_of(delivery.network)
        raise Refusal(_("We cannot reach that account any more. Please delete the post on %(network)s yourself.", network=called))
    present = now or clock.now()
    delivery.removal_asked_at, delivery.due_at, delivery.looks = present, present, 0
    record("removal asked", "deliveries", delivery.id, by=user.id)
    on_commit(nudges.deliver)
    return delivery


def published(delivery: Delivery, *, remote_id: str, url: str, at: datetime, by: uuid.UUID | None, now: datetime) -> None:
    """It is there: by the network's answer, by what we found, or by its owner's word. The delivery is locked."""
    move(delivery, "published", by=by, remote_id=remote_id)
    delivery.remote_id, delivery.remote_url, delivery.published_at = remote_id, url or None, at
    delivery.problem, delivery.problem_detail = None, None
    delivery.reading_due_at = now + first_reading(delivery.network)
    holding.unlease(delivery)


def _send_again(delivery: Delivery, *, by: uuid.UUID, now: datetime) -> None:
    """A look that is under way keeps its lease: what it finds comes before another request leaves."""
    if delivery.account.state != AccountState.CONNECTED:
        raise Refusal(_("Connect %(handle)s again first, then send it.", handle=delivery.account.handle))
    if delivery.post.state != "live" or now >= delivery.post.share_until:
        raise Refusal(_("This post cannot be shared any more."))
    if now < delivery.post.share_from:
        raise Refusal(_("This post cannot be shared yet."))
    try:
        with session.begin_nested():
            move(delivery, "queued", by=by)
            delivery.due_at, delivery.latest_at = now, shares.latest(delivery.post, now)
            delivery.priority, delivery.timing, delivery.warning = Priority.WAITED_FOR.value, None, None
            delivery.tries, delivery.looks, delivery.problem, delivery.problem_detail = 0, 0, None, None
            session.flush()
    except IntegrityError as error:
        raise Refusal(_("You have shared this there in the meantime.")) from error
    on_commit(nudges.deliver)


def _remote_id(delivery: Delivery, url: str) -> str:
    """The id in the address that the owner gives: it must lie on the account's server. The page itself is not fetched."""
    account: ConnectedAccount = delivery.account
    try:
        parts = urlsplit(url.strip()[:URL_MAX])
        netloc = parts.netloc.lower()
    except ValueError:
        netloc = ""
    last = parts.path.rstrip("/").rsplit("/", 1)[-1] if netloc else ""
    if netloc != account.host.lower() or parts.scheme not in {"https", "http"} or not re.fullmatch(r"[\w.:-]{1,200}", last, re.ASCII):
        raise Invalid(_("Copy the address of your post from %(host)s.", host=account.host), field="url")
    others = select(Delivery.id).where(Delivery.user_id == delivery.user_id, Delivery.account_id == account.id, Delivery.remote_id == last)
    if session.scalar(others.where(Delivery.id != delivery.id).limit(1)) is not None:
        raise Invalid(_("That is the address of another post that you shared. Copy the address of this one."), field="url")
    return last
