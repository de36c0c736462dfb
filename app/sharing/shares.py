"""Shares: a person's click on one post, for chosen accounts. The row is the consent record."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

import config
from app import clock, nudges
from app.audit.events import record
from app.db import on_commit, session
from app.editorial.models import Post
from app.errors import Forbidden, Invalid, Missing, Refusal, _
from app.ids import uuid7
from app.logs import about
from app.people.models import User
from app.sharing import accounts as account_rows
from app.sharing import compositions, minutes, preflight, variants
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.compositions import Composition
from app.sharing.models import Delivery, Priority, Share, ShortLink
from app.sharing.networks import is_on, network
from app.sharing.pace import pace

log = logging.getLogger(__name__)

CLICK_MAX = 100


def preview(
    user: User,
    post: Post,
    account: ConnectedAccount,
    *,
    click: str,
    language: str,
    words: str = "",
    variant_id: uuid.UUID | None = None,
) -> Composition:
    """Exactly what `share` will send for this account with the same click, language and words, and the variant that comes back here.

    Raises what composing raises; nothing is written.
    """
    return compositions.compose(user, post, account, language=language, words=words, click=click, variant_id=variant_id)


def share(
    user: User,
    post: Post,
    *,
    accounts: Sequence[ConnectedAccount],
    click: str,
    language: str,
    words: str = "",
    at: datetime | None = None,
    left_to_us: bool = False,
    late_after: timedelta | None = None,
    seen: Mapping[uuid.UUID, uuid.UUID] | None = None,
    now: datetime | None = None,
) -> Share:
    """Queue one delivery per account: after the undo time, at the chosen time, or at minutes that we choose in the person's hours.

    `late_after`: how long after its minute it may leave, where the person says so. A click counts once. `seen`: by account id, the variant
    that the person saw in the preview. Raises Invalid, Forbidden, Missing or Refusal with the sentence; then nothing is queued.
    """
    present = now or clock.now()
    earlier = _of_click(user, click)
    if earlier is not None:
        return earlier
    _may_share(user, post)
    due_at, chosen = _due(post, max(post.share_from, present) if left_to_us else at, present), _usable(user, accounts)
    made = _record_click(user, post, click=click, language=language, words=words, now=present)
    if made is None:
        return _of_click(user, click) or _out_of_date()
    variants.take_turns(post.id)
    for account in chosen:
        text = preview(user, post, account, click=click, language=language, words=words, variant_id=(seen or {}).get(account.id))
        delivery = _delivery(made, account, text, due_at=due_at, latest_at=latest(post, due_at, late_after))
        if left_to_us:
            _choose_minute(delivery, user, post, earliest=due_at, late_after=late_after)
        preflight.at_queueing(delivery, account, post, now=present)
        _queue(delivery, text)
    record("shared", "shares", made.id, by=user.id, post=str(post.id), accounts=[str(one.id) for one in chosen])
    if not left_to_us and due_at <= present + timedelta(seconds=pace().ahead):
        on_commit(nudges.deliver)
    return made


def latest(post: Post, due_at: datetime, late_after: timedelta | None = None) -> datetime:
    """After this moment a share does not leave any more: it would be late by accident. Never after the post's window."""
    return min(due_at + (late_after or timedelta(seconds=pace().late_after)), post.share_until)


def _of_click(user: User, click: str) -> Share | None:
    return session.scalars(select(Share).where(Share.user_id == user.id, Share.click == click)).one_or_none()


def _may_share(user: User, post: Post) -> None:
    if not user.is_active:
        raise Forbidden(_("Your access has ended, so nothing can be shared any more."))
    if post.state != "live":
        raise Refusal(_("This post was taken back, so it cannot be shared any more."))


def _due(post: Post, at: datetime | None, now: datetime) -> datetime:
    """When it is to leave; raises Invalid outside of the post's window."""
    soon = now + timedelta(seconds=config.settings().undo_seconds)
    if at is not None and at < now - timedelta(minutes=5):
        raise Invalid(_("That time has passed. Choose one that lies ahead."), field="at")
    due_at = max(at or soon, soon)
    if due_at < post.share_from:
        raise Invalid(_("This post cannot be shared yet. Choose a later time."), field="at")
    if max(now, due_at) >= post.share_until:
        raise Invalid(_("This post can only be shared until its time is over, and that is before yours."), field="at")
    return due_at


def _usable(user: User, accounts: Sequence[ConnectedAccount]) -> list[ConnectedAccount]:
    """The accounts, locked, in the order given; raises when one is not the person's own, not connected, or its network is off."""
    ids = list(dict.fromkeys(account.id for account in accounts))
    if not ids:
        raise Invalid(_("Choose at least one account."), field="accounts")
    rows = {row.id: row for row in account_rows.lock_all(ids)}
    for row in (rows.get(one) for one in ids):
        if row is None or row.user_id != user.id or row.state == AccountState.DISCONNECTED:
            raise Missing(_("There is no such account, or it is not yours."))
        if row.state != AccountState.CONNECTED:
            raise Invalid(_("%(handle)s has to be connected again first. Nothing was shared.", handle=row.handle), field="accounts")
        if not is_on(row.network):
            raise Invalid(_("%(network)s is switched off at the moment.", network=network(row.network).name), field="accounts")
    return [rows[one] for one in ids]


def _record_click(user: User, post: Post, *, click: str, language: str, words: str, now: datetime) -> Share | None:
    """The share's row; none when the same click arrived at the same moment and came first."""
    if not click or len(click) > CLICK_MAX:
        _out_of_date()
    values = {"user_id": user.id, "post_id": post.id, "click": click, "language": language, "words": words}
    statement = insert(Share).values(id=uuid7(), created_at=now, **values).on_conflict_do_nothing().returning(Share)
    return session.scalars(statement).one_or_none()


def _out_of_date() -> NoReturn:
    raise Invalid(_("This page is out of date. Reload it and share again."))


def _delivery(made: Share, account: ConnectedAccount, text: Composition, *, due_at: datetime, latest_at: datetime) -> Delivery:
    return Delivery(
        id=uuid7(),
        share_id=made.id,
        user_id=made.user_id,
        post_id=made.post_id,
        account_id=account.id,
        network=account.network,
        variant_id=text.variant.id,
        language=text.language,
        text=text.text,
        text_hash=text.text_hash,
        due_at=due_at,
        latest_at=latest_at,
    )


def _choose_minute(delivery: Delivery, user: User, post: Post, *, earliest: datetime, late_after: timedelta | None) -> None:
    """Nobody waits for it, so it leaves when it suits the person and their colleagues."""
    minute = minutes.choose(user, post, network=delivery.network, delivery_id=delivery.id, earliest=earliest)
    delivery.due_at, delivery.latest_at, delivery.timing = minute.moment, latest(post, minute.moment, late_after), minute.timing
    delivery.priority = Priority.SPREAD


def _queue(delivery: Delivery, text: Composition) -> None:
    """Store one delivery with its short link. The database refuses a second live one for this post and account."""
    try:
        with session.begin_nested():
            session.add(delivery)
            session.flush()
    except IntegrityError as error:
        where = network(delivery.network).name
        raise Refusal(_("You have shared this on %(network)s already.", network=where)) from error
    if text.target:
        session.add(ShortLink(code=text.code, delivery_id=delivery.id, target=text.target))
    on_commit(lambda: _say(delivery))


def _say(delivery: Delivery) -> None:
    with about(delivery.id, share=delivery.share_id):
        log.info("share queued")
