"""Connecting an account: the person goes to the network, says yes there, and comes back once, within ten minutes."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

import config
from app import clock
from app.audit.events import record
from app.audit.moves import move
from app.db import Json, session
from app.errors import Missing, Refusal, Stale, _
from app.networks.base import AuthorizeStart, Config, Grant, NetworkFault
from app.people.models import User
from app.sealed import is_lost
from app.sharing import accounts, apps, problems, refreshing, telling
from app.sharing.account_models import AccountState, ConnectedAccount, PendingConnection
from app.sharing.networks import is_on, name_of, network

LIFETIME = timedelta(minutes=10)


@dataclass(frozen=True)
class Departure:
    """Where the person goes, and what they should know before: the server's own rules."""

    id: uuid.UUID
    network: str
    host: str
    url: str
    rules: tuple[str, ...]


def redirect_uri(network_key: str) -> str:
    """Where the network sends the person back to."""
    return f"{config.settings().base_url}/connect/{network_key}/callback"


def begin(user: User, network_key: str, *, server: str = "", now: datetime | None = None) -> uuid.UUID:
    """Prepare a login at the network; returns its id for `departure`. `server` is what a Mastodon user typed.

    Raises Invalid for a server that cannot be, Refusal when the network cannot be reached or is switched off.
    """
    where = network(network_key)
    if not is_on(network_key):
        raise Refusal(_("%(network)s is switched off at the moment.", network=name_of(where.key)))
    try:
        host = where.server_for(server)
        start, rules = _start(user, network_key, host)
    except NetworkFault as fault:
        raise problems.refusal(fault, network_key, field="server") from fault
    return _remember(user, network_key, host, start, rules, again=False, now=now or clock.now())


def departure(user: User, pending_id: uuid.UUID, *, now: datetime | None = None) -> Departure:
    """A prepared login of this person; raises Missing for anybody else's, Stale when it was used or has expired."""
    row = session.get(PendingConnection, pending_id)
    if row is None or row.user_id != user.id:
        raise Missing(_("There is no such login, or it is not yours."))
    _still_good(row, now or clock.now())
    return Departure(row.id, row.network, row.host, str(row.pending["url"]), tuple(row.pending["rules"]))


def take(user: User, network_key: str, state: str, *, now: datetime | None = None) -> PendingConnection:
    """Use up the login that belongs to this state. Raises Refusal when it is unknown, foreign, used or too old; nothing changes then."""
    rows = select(PendingConnection).where(PendingConnection.state_hash == _hash(state)).with_for_update()
    row = session.scalars(rows, execution_options={"populate_existing": True}).one_or_none()
    if row is None or row.network != network_key:
        raise Refusal(_("This login was not started here. Nothing was connected. Start again from your accounts."))
    if row.user_id != user.id:
        raise Refusal(_("This login was started by somebody else. Nothing was connected. Start again from your accounts."))
    present = now or clock.now()
    _still_good(row, present)
    row.used_at = present
    return row


def finish(user: User, pending: PendingConnection, params: Mapping[str, str]) -> ConnectedAccount:
    """Trade what came back for tokens at once, and connect the account.

    Raises Refusal: denied, not reachable, or the account belongs to a colleague; `Unregistered` when the server has forgotten us.
    """
    app = apps.known(pending.network, pending.host)
    if app is None:
        raise Unregistered
    try:
        grant = network(pending.network).complete_authorize(app, pending.pending["pending"], params)
    except Config as fault:
        if fault.code in {"invalid_client", "unauthorized_client"} and not pending.pending["again"]:
            raise Unregistered from fault
        raise problems.refusal(fault, pending.network) from fault
    except NetworkFault as fault:
        raise problems.refusal(fault, pending.network) from fault
    return connect(user, pending.network, grant)


class Unregistered(Exception):
    """The server does not know our application any more: register again, and start the login once more."""


def begin_again(user: User, pending: PendingConnection, *, now: datetime | None = None) -> uuid.UUID:
    """Register anew at a server that has forgotten us, and prepare the login once more."""
    apps.forget(pending.network, pending.host, redirect_uri(pending.network))
    try:
        start, rules = _start(user, pending.network, pending.host)
    except NetworkFault as fault:
        raise problems.refusal(fault, pending.network) from fault
    return _remember(user, pending.network, pending.host, start, rules, again=True, now=now or clock.now())


def connect(user: User, network_key: str, grant: Grant, *, now: datetime | None = None) -> ConnectedAccount:
    """Make or renew the account's row. Raises Refusal when a colleague has connected this very account."""
    who, present = grant.identity, now or clock.now()
    rows = select(ConnectedAccount).where(
        ConnectedAccount.network == network_key, ConnectedAccount.host == who.host, ConnectedAccount.remote_id == who.remote_id
    )
    found = list(session.scalars(rows.order_by(ConnectedAccount.id).with_for_update()))
    if any(row.user_id != user.id and row.state != AccountState.DISCONNECTED for row in found):
        raise Refusal(_("%(handle)s is connected by a colleague already. An account belongs to one person.", handle=who.handle))
    account = next((row for row in found if row.user_id == user.id), None)
    if account is None:
        return _new(user, network_key, grant, present)
    return _renew(user, account, grant, present)


def _new(user: User, network_key: str, grant: Grant, now: datetime) -> ConnectedAccount:
    who = grant.identity
    account = ConnectedAccount(
        user_id=user.id, network=network_key, host=who.host, remote_id=who.remote_id, handle=who.handle, name=who.name, connected_at=now
    )
    account.visibility = who.visibility if who.visibility in accounts.VISIBILITIES else "public"
    _equip(account, grant)
    session.add(account)
    session.flush()
    record("connected", "connected_accounts", account.id, by=user.id, network=network_key, host=who.host)
    telling.connected(account)
    return account


def _renew(user: User, account: ConnectedAccount, grant: Grant, now: datetime) -> ConnectedAccount:
    """The same remote account again: new tokens, and what was held for it goes on."""
    was = account.state
    _equip(account, grant)
    account.connected_at = now
    if was != AccountState.CONNECTED:
        move(account, "connected", by=user.id, network=account.network, host=account.host)
    accounts.reconnected(account, by=user.id, now=now)
    if was == AccountState.DISCONNECTED:
        telling.connected(account)
    return account


def _equip(account: ConnectedAccount, grant: Grant) -> None:
    """Names, tokens and limits as the network has just said them."""
    who = grant.identity
    account.handle, account.name, account.url, account.problem = who.handle, who.name, who.url, None
    refreshing.keep(account, grant.tokens)
    try:
        accounts.keep_limits(account, network(account.network).limits(accounts.as_value(account)))
    except NetworkFault:
        account.limits_at = None  # the first delivery asks again


def _start(user: User, network_key: str, host: str) -> tuple[AuthorizeStart, tuple[str, ...]]:
    """Register where needed, and let the network make the address to go to."""
    where = network(network_key)
    app = apps.registered(network_key, host, redirect_uri(network_key))
    has_one = any(row.network == network_key and row.host == host for row in accounts.of(user))
    start = where.begin_authorize(app, redirect_uri(network_key), "another" if has_one else "")
    return start, _rules(network_key, host)


def _rules(network_key: str, host: str) -> tuple[str, ...]:
    """The house rules of a server, where it has some; not being able to read them stops nobody."""
    read = getattr(network(network_key), "house_rules", None)
    try:
        return tuple(read(host)) if read else ()
    except NetworkFault:
        return ()


def _remember(
    user: User, network_key: str, host: str, start: AuthorizeStart, rules: tuple[str, ...], *, again: bool, now: datetime
) -> uuid.UUID:
    kept: Json = {"pending": start.pending, "url": start.url, "rules": list(rules), "again": again}
    row = PendingConnection(user_id=user.id, network=network_key, host=host, state_hash=_hash(start.state), pending=kept, created_at=now)
    session.add(row)
    session.flush()
    return row.id


def _still_good(row: PendingConnection, now: datetime) -> None:
    if row.used_at is not None:
        raise Stale(_("This login has been used already. If your account is not in the list, start again."))
    if now - row.created_at > LIFETIME or is_lost(row.pending):
        raise Stale(_("This login took longer than ten minutes, so it has expired. Nothing was connected. Start again."))


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode()).digest()
