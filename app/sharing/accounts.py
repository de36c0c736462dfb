"""Connected accounts: they belong to a person, and nobody else can use them."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, update

from app import clock
from app.audit.events import record
from app.audit.moves import move
from app.db import session
from app.errors import Invalid, Missing, _
from app.networks.base import Account, Limits, TokenSet
from app.people.models import User
from app.sealed import is_lost
from app.sharing import account_notices, consents, holding, telling
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.models import Delivery
from app.sharing.networks import network

VISIBILITIES = ("public", "unlisted", "private")
LIMITS_LAST = timedelta(hours=24)
# What can be said of an account that is still connected.
KEY_LOST, ENDS = "key_lost", "token_ends"


@dataclass(frozen=True)
class Farewell:
    """What is needed to tell a network that its tokens are not wanted any more; ours are wiped already."""

    network: str
    host: str
    tokens: TokenSet


def of(user: User) -> list[ConnectedAccount]:
    """The person's accounts that are not disconnected, in the order in which they were connected."""
    found = select(ConnectedAccount).where(ConnectedAccount.user_id == user.id, ConnectedAccount.state != AccountState.DISCONNECTED)
    return list(session.scalars(found.order_by(ConnectedAccount.id)))


def own(user: User, account_id: uuid.UUID, *, lock: bool = False) -> ConnectedAccount:
    """The person's own account; raises Missing for somebody else's and for none."""
    account = session.get(ConnectedAccount, account_id, with_for_update=lock or None, populate_existing=lock)
    if account is None or account.user_id != user.id or account.state == AccountState.DISCONNECTED:
        raise Missing(_("There is no such account, or it is not yours."))
    return account


def choose_default(user: User, account_id: uuid.UUID, *, default: bool) -> ConnectedAccount:
    """Whether one click shares to this account, too."""
    account = own(user, account_id)
    account.is_default = default
    return account


def choose_visibility(user: User, account_id: uuid.UUID, visibility: str) -> ConnectedAccount:
    """Who sees what is shared there."""
    if visibility not in VISIBILITIES:
        raise Invalid(_("Choose who sees your shares from the list."), field="visibility")
    account = own(user, account_id)
    account.visibility = visibility
    return account


def disconnect(user: User, account_id: uuid.UUID) -> Farewell | None:
    """Wipe the tokens and stop what has not left. Give what comes back to `revoking.revoke` after the commit."""
    return let_go(own(user, account_id, lock=True), by=user.id)


def let_go(account: ConnectedAccount, *, by: uuid.UUID | None) -> Farewell | None:
    """The same for a row that is locked already."""
    tokens = TokenSet.from_json(account.tokens) if account.tokens else None
    holding.cancel(account_ids=[account.id], by=by, problem="account_disconnected")
    consents.end_all(account, by=by)
    move(account, "disconnected", by=by, network=account.network, host=account.host)
    account.tokens, account.expires_at, account.problem = None, None, None
    telling.disconnected(account)
    return Farewell(account.network, account.host, tokens) if tokens else None


def needs_reconnecting(account: ConnectedAccount, *, problem: str) -> None:
    """The network does not take our tokens any more: hold what waits, and tell the owner once."""
    if account.state != AccountState.CONNECTED:
        return
    move(account, "needs_reconnect", by=None, problem=problem)
    told, account.problem = account.problem == ENDS, problem
    holding.hold(account, problem=problem)
    account_notices.needs_reconnecting(account, mail=not told)


def without_key(account: ConnectedAccount) -> None:
    """None of our keys opens its tokens: hold what waits, and tell the owner once. The account stays as it is, because the key may come
    back; admins read of it in their alarm and from the doctor.
    """
    holding.hold(account, problem=KEY_LOST)
    if account.problem != KEY_LOST:
        account.problem = KEY_LOST
        account_notices.without_key(account)


def keys_are_back() -> None:
    """Accounts whose tokens can be opened again have no problem any more."""
    found = select(ConnectedAccount).where(ConnectedAccount.state == AccountState.CONNECTED, ConnectedAccount.problem == KEY_LOST)
    for account in session.scalars(found.order_by(ConnectedAccount.id).limit(1000).with_for_update(skip_locked=True)):
        if not is_lost(account.tokens):
            account.problem = None


def will_end(account: ConnectedAccount) -> None:
    """It ends before something planned can leave, and only the owner can renew it: tell them once."""
    if account.problem != ENDS:
        account.problem = ENDS
        account_notices.will_end(account)


def reconnected(account: ConnectedAccount, *, by: uuid.UUID, now: datetime) -> None:
    """The account can be used again: let go what was held for it, within its latest time."""
    record("reconnected", "connected_accounts", account.id, by=by, network=account.network, host=account.host)
    warned = update(Delivery).where(Delivery.account_id == account.id, Delivery.state == "queued", Delivery.warning.is_not(None))
    session.execute(warned.values(warning=None, check_due_at=now))
    holding.release(account_ids=[account.id], now=now)


def as_value(account: ConnectedAccount | Row[Any]) -> Account:
    """The account, or a row with its columns, as a network needs to see it; raises Missing when it has no tokens."""
    if account.tokens is None:
        raise Missing(_("This account is not connected any more."))
    return Account(
        network=account.network,
        host=account.host,
        remote_id=account.remote_id,
        handle=account.handle,
        tokens=TokenSet.from_json(account.tokens),
        limits=Limits.from_json(account.limits) if account.limits else None,
    )


def limits_of(account: ConnectedAccount) -> Limits:
    """The limits of the account's server as we know them; no network is called."""
    return Limits.from_json(account.limits) if account.limits else network(account.network).limits()


def keep_limits(account: ConnectedAccount, limits: Limits) -> None:
    """Remember what the account's server takes."""
    account.limits, account.limits_at = limits.as_json(), clock.now()


def lock_all(ids: Collection[uuid.UUID]) -> list[ConnectedAccount]:
    """These accounts, locked against a disconnection until the end of the transaction."""
    found = select(ConnectedAccount).where(ConnectedAccount.id.in_(ids)).order_by(ConnectedAccount.id)
    return list(session.scalars(found.with_for_update(read=True), execution_options={"populate_existing": True}))
