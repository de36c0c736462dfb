"""Recall: who still has a copy of a withdrawn post. Its owners decide; nobody deletes on another person's account.

What is shown of them is what a recall needs, and nothing else: whose copy it is, where it can be read, and whether it is gone.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, and_, case, func, literal, null, or_, select, union_all

from app import clock
from app.audit.events import record
from app.audit.models import Event
from app.db import lock, session
from app.editorial.models import Post
from app.errors import Missing, Refusal, Stale, _
from app.people.models import User
from app.sharing import deliveries, doubts, removals, telling
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.models import Delivery, DeliveryState, HandShare

PAGE = 50
REMIND_EVERY = timedelta(days=1)
KEPT, DELETED_BY_OWNER = "kept_by_owner", "deleted_by_owner"


class Where(StrEnum):
    """What is known of one copy."""

    THERE = "there"
    ASKED = "asked"
    REFUSED = "refused"
    ACCOUNT_GONE = "account_gone"
    UNKNOWN = "unknown"
    NEVER_KNOWN = "never_known"
    GONE = "gone"
    SAID = "said"


TO_DELETE = (Where.THERE, Where.REFUSED, Where.ACCOUNT_GONE)
STILL = (*TO_DELETE, Where.ASKED, Where.UNKNOWN, Where.NEVER_KNOWN)
SHOWN = {"all": tuple(Where), "still": STILL, "gone": (Where.GONE, Where.SAID)}


def find(post_id: uuid.UUID) -> Post:
    """The post; raises Missing."""
    post = session.get(Post, post_id)
    if post is None:
        raise Missing(_("There is no such post."))
    return post


def counts(post: Post) -> dict[Where, int]:
    """How many copies there are of each kind; one query."""
    every = copies(post)
    found: dict[str, int] = {row[0]: row[1] for row in session.execute(select(every.c.where, func.count()).group_by(every.c.where))}
    return {where: found.get(where.value, 0) for where in Where}


def page(post: Post, *, show: str = "all", before: uuid.UUID | None = None) -> tuple[Sequence[Row[Any]], uuid.UUID | None]:
    """Up to PAGE copies, the newest first, and the id after which the next page starts; one query."""
    every = copies(post)
    wanted = select(every).where(every.c.where.in_([one.value for one in SHOWN.get(show, SHOWN["all"])]))
    wanted = wanted if before is None else wanted.where(every.c.id < literal(before))
    rows = session.execute(wanted.order_by(every.c.id.desc()).limit(PAGE + 1)).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def copies(post: Post) -> Subquery:
    """Every copy that was there when the post was withdrawn, or has come since: by account and by hand."""
    return union_all(_by_account(post), _by_hand(post)).subquery()


def _by_account(post: Post) -> Select[Any]:
    states = (DeliveryState.SENDING.value, DeliveryState.UNCONFIRMED.value, DeliveryState.PUBLISHED.value)
    gone = and_(Delivery.state == DeliveryState.REMOVED.value, _since(Delivery.removed_at, post))
    at = func.coalesce(Delivery.published_at, Delivery.sent_at)
    look_at = case((_never_known(), func.coalesce(func.nullif(ConnectedAccount.url, ""), ConnectedAccount.handle)))
    place = Delivery.network, Delivery.remote_url.label("url"), look_at.label("look_at")
    return (
        select(Delivery.id, *_owner(), *place, at.label("at"), _where().label("where"))
        .select_from(Delivery)
        .join(User, User.id == Delivery.user_id)
        .join(ConnectedAccount, ConnectedAccount.id == Delivery.account_id)
        .where(Delivery.post_id == post.id, or_(Delivery.state.in_(states), gone, _never_known()))
    )


def _by_hand(post: Post) -> Select[Any]:
    where = case((HandShare.removed_at.is_(None), Where.THERE.value), else_=Where.SAID.value)
    there = or_(HandShare.removed_at.is_(None), _since(HandShare.removed_at, post))
    return (
        select(HandShare.id, *_owner(), HandShare.network, HandShare.url, null(), HandShare.confirmed_at, where)
        .select_from(HandShare)
        .join(User, User.id == HandShare.user_id)
        .where(HandShare.post_id == post.id, HandShare.confirmed_at.is_not(None), there)
    )


def _never_known() -> ColumnElement[bool]:
    """It may be there: nobody could find out, and its owner has left."""
    return and_(Delivery.state == DeliveryState.FAILED.value, Delivery.problem == doubts.NEVER_KNOWN)


def _owner() -> tuple[ColumnElement[Any], ...]:
    return User.id.label("user_id"), User.name.label("owner"), User.deactivated_at.is_not(None).label("has_left")


def _since(moment: Any, post: Post) -> ColumnElement[bool]:
    """What was deleted before the withdrawal is nobody's business here."""
    return and_(moment.is_not(None), moment >= (post.withdrawn_at or clock.now()))


def _where() -> ColumnElement[str]:
    removed = Delivery.state == DeliveryState.REMOVED.value
    refused = and_(Delivery.problem.is_not(None), Delivery.problem != KEPT)
    return case(
        (and_(removed, Delivery.problem == DELETED_BY_OWNER), Where.SAID.value),
        (removed, Where.GONE.value),
        (_never_known(), Where.NEVER_KNOWN.value),
        (Delivery.state != DeliveryState.PUBLISHED.value, Where.UNKNOWN.value),
        (Delivery.removal_asked_at.is_not(None), Where.ASKED.value),
        (ConnectedAccount.state != AccountState.CONNECTED.value, Where.ACCOUNT_GONE.value),
        (refused, Where.REFUSED.value),
        else_=Where.THERE.value,
    )


def reminded_at(post: Post) -> datetime | None:
    """When its owners were last reminded."""
    mine = Event.subject == "posts", Event.subject_id == post.id, Event.verb == "reminded"
    return session.scalars(select(Event.at).where(*mine).order_by(Event.id.desc()).limit(1)).one_or_none()


def remind(by: User, post_id: uuid.UUID, *, now: datetime | None = None) -> int:
    """Ask those once more who still have a copy that they can delete; returns how many. Raises Refusal before a day is over."""
    post, present = find(post_id), now or clock.now()
    lock(post)
    if post.state != "withdrawn":
        raise Refusal(_("This post can still be shared. Withdraw it first, then its copies are recalled."))
    last = reminded_at(post)
    if last is not None and present < last + REMIND_EVERY:
        raise Refusal(_("They were reminded within the last day. Once a day is enough."))
    every = copies(post)
    people = session.scalars(select(every.c.user_id).where(every.c.where.in_([one.value for one in TO_DELETE])).distinct()).all()
    told = telling.reminded(post, people)
    if not told:
        raise Refusal(_("Nobody here has a copy any more that they could delete."))
    record("reminded", "posts", post.id, by=by.id, people=told)
    return told


def asks(delivery: Delivery) -> bool:
    """Whether its owner has to say what becomes of their copy of a withdrawn post."""
    published = delivery.state == DeliveryState.PUBLISHED and delivery.removal_asked_at is None
    return published and delivery.post.state == "withdrawn" and delivery.problem != KEPT


def keep(user: User, delivery_id: uuid.UUID) -> Delivery:
    """The owner keeps their copy; only a reminder mentions it again. It can be taken back later."""
    delivery = _published(user, delivery_id)
    if delivery.problem != KEPT:
        delivery.problem, delivery.problem_detail = KEPT, None
        record("kept", "deliveries", delivery.id, by=user.id)
    return delivery


def deleted_there(user: User, delivery_id: uuid.UUID, *, now: datetime | None = None) -> Delivery:
    """The owner has deleted it at the network, where we cannot."""
    delivery = deliveries.own(user, delivery_id)
    if delivery.state == DeliveryState.REMOVED:
        return delivery
    delivery = _published(user, delivery_id)
    removals.gone(delivery, by=user.id, now=now or clock.now(), problem=DELETED_BY_OWNER)
    return delivery


def _published(user: User, delivery_id: uuid.UUID) -> Delivery:
    """Their published copy of a withdrawn post, locked."""
    delivery = deliveries.own(user, delivery_id)
    if delivery.state != DeliveryState.PUBLISHED or delivery.post.state != "withdrawn":
        raise Stale(_("This has changed in the meantime. Reload the page to see where it stands."))
    return delivery
