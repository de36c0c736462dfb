"""What a worker keeps fresh before it uses an account: tokens, and once a day the limits; and what it does when the tokens end.

Trading tokens is like publishing: the trace (`refresh_began_at`) is committed before the request leaves, no transaction is open while it
is under way, and the trace goes with the new tokens. Whoever finds it waits. One that is older than any request can take was left by a
worker that was killed: where a refresh token works once, the answer is lost and only the owner can mend it; elsewhere we try again.
A lease by time rather than a lock that a connection holds, because a lock is gone when the database restarts while the request is under
way. And should somebody be declared dead who was only stopped: new tokens that come late after all still count.
"""

import logging
import time
import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from app.audit.moves import move
from app.db import session, transaction
from app.networks.base import Account, Ambiguous, AppCredentials, Config, NetworkFault, Reauth, Retryable, TokenSet
from app.sealed import is_lost
from app.sharing import accounts, apps, holding, ledger_clock
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.networks import network

log = logging.getLogger(__name__)

SECONDS_LEFT = 300
# Longer than the longest request to a token endpoint (50 s by the rules of `app.networks.http`).
ANSWERED_WITHIN = timedelta(seconds=60)
WAIT_SECONDS = 10.0
LOOK_EVERY = 0.2
KEEP_TRYING_SECONDS = 60.0
LOST = "refresh_lost"


@dataclass(frozen=True)
class Turn:
    """It is ours to trade these tokens: the trace is committed."""

    account_id: uuid.UUID
    account: Account
    app: AppCredentials


def ready(account_id: uuid.UUID, account: Account) -> Account:
    """The account with tokens that last for five more minutes. Raises Reauth, Config, Retryable or RateLimited of the network."""
    if not account.tokens.access_token:
        raise Reauth(accounts.KEY_LOST)
    if account.tokens.expires_within(SECONDS_LEFT) and account.tokens.refresh_token:
        return refresh(account_id)
    return account


def refresh(account_id: uuid.UUID, *, left: float = SECONDS_LEFT, wait: float = WAIT_SECONDS) -> Account:
    """Trade tokens that end within `left` seconds; whoever comes second waits and finds them fresh.

    Raises as `ready` does: Reauth("refresh_lost") when an answer was lost that cannot be asked for again.
    """
    end = time.monotonic() + wait
    while True:
        turn = _begin(account_id, left)
        if isinstance(turn, Account):
            return turn
        if isinstance(turn, Turn):
            return _trade(turn)
        if time.monotonic() >= end:
            raise Retryable("refresh_under_way")
        time.sleep(LOOK_EVERY)


def _begin(account_id: uuid.UUID, left: float) -> Turn | Account | None:
    """Our turn, or the account with fresh tokens, or None while somebody else's request is under way."""
    with transaction():
        row = session.get_one(ConnectedAccount, account_id, with_for_update=True, populate_existing=True)
        account = accounts.as_value(row)
        if not account.tokens.access_token:
            raise Reauth(accounts.KEY_LOST)
        if not account.tokens.expires_within(left):
            return account
        if row.refresh_began_at is not None and row.problem != LOST and not _over(row):
            return None
        if row.refresh_began_at is not None and network(row.network).capabilities().refresh_rotates:
            raise Reauth(LOST, "found")
        app = apps.known(row.network, row.host)
        if app is None:
            raise Config("application_missing", f"{row.network} {row.host}")
        row.refresh_began_at = session.scalar(select(func.clock_timestamp()))
        return Turn(account_id, account, app)


def _over(row: ConnectedAccount) -> bool:
    """Whether the request of this trace cannot be under way any more, by the clock of the database: there is only one. When that has
    stepped, the trace looks older or younger than it is: we wait until the clock has run evenly for as long as a request can take.
    """
    began = row.refresh_began_at
    present = session.scalar(select(func.clock_timestamp()))
    if began is None or present is None:
        return False
    ledger_clock.learn(present)
    return ledger_clock.steady_for(ANSWERED_WITHIN.total_seconds()) and not timedelta() <= present - began < ANSWERED_WITHIN


def _trade(turn: Turn) -> Account:
    """The one request. What the network has plainly refused has traded nothing, so the trace goes; what it has lost stays to be seen."""
    where = network(turn.account.network)
    try:
        tokens = where.refresh(turn.app, turn.account.tokens)
    except Ambiguous as fault:
        if where.capabilities().refresh_rotates:
            raise Reauth(LOST, fault.code) from fault
        _take_back(turn)
        raise Retryable(LOST, fault.code) from fault
    except NetworkFault:
        _take_back(turn)
        raise
    return _store(turn, tokens)


def _take_back(turn: Turn) -> None:
    with transaction():
        row = session.get_one(ConnectedAccount, turn.account_id, with_for_update=True, populate_existing=True)
        if _still_old(row, turn):
            row.refresh_began_at = None


def _store(turn: Turn, tokens: TokenSet) -> Account:
    """Write the new tokens down; nobody else has them, so a database that is away is waited for."""
    end = time.monotonic() + KEEP_TRYING_SECONDS
    while True:
        try:
            with transaction():
                return _stored(turn, tokens)
        except SQLAlchemyError:
            if time.monotonic() > end:
                raise
            log.warning("new tokens of an account could not be written down yet", exc_info=True)
            time.sleep(LOOK_EVERY)


def _stored(turn: Turn, tokens: TokenSet) -> Account:
    """What its owner has renewed meanwhile stays; an account that was given up over this very answer is connected again."""
    row = session.get_one(ConnectedAccount, turn.account_id, with_for_update=True, populate_existing=True)
    if _still_old(row, turn):
        keep(row, tokens)
        if row.state == AccountState.NEEDS_RECONNECT and row.problem == LOST:
            move(row, "connected", by=None, late=True)
            row.problem = None
            holding.release(account_ids=[row.id], now=ledger_clock.now())
    return accounts.as_value(row)


def _still_old(row: ConnectedAccount, turn: Turn) -> bool:
    return row.tokens is not None and row.tokens.get("access_token") == turn.account.tokens.access_token


def keep(row: ConnectedAccount, tokens: TokenSet) -> None:
    """Store new tokens in place of both old ones."""
    row.tokens, row.expires_at, row.refresh_began_at = tokens.as_json(), tokens.expires_at, None
    row.scopes = " ".join(tokens.scopes)


def worthless(account_id: uuid.UUID, account: Account, *, now: datetime) -> None:
    """The network has refused these tokens before their time: the next one who needs them trades them first.

    In a transaction of its own, because an account is always locked before its deliveries. What somebody has renewed meanwhile stays.
    """
    with transaction():
        row = session.get_one(ConnectedAccount, account_id, with_for_update=True)
        if row.tokens is not None and row.tokens.get("access_token") == account.tokens.access_token:
            row.tokens, row.expires_at = {**row.tokens, "expires_at": now.isoformat()}, now


def limits(account_id: uuid.UUID, account: Account, *, asked_at: datetime | None, now: datetime) -> Account:
    """The account with limits that are less than a day old; when the server cannot say, the old ones stay."""
    if asked_at is not None and now - asked_at < accounts.LIMITS_LAST:
        return account
    try:
        found = network(account.network).limits(account)
    except NetworkFault:
        return account
    with transaction():
        row = session.get_one(ConnectedAccount, account_id, with_for_update=True)
        accounts.keep_limits(row, found)
    return replace(account, limits=found)


def refused(account_id: uuid.UUID, account: Account, *, problem: str, now: datetime) -> None:
    """The network does not take these tokens any more: hold what waits for the account, and tell its owner once.

    In a transaction of its own, because an account is always locked before its deliveries. When the owner has connected again meanwhile,
    what was held goes on instead; when they have disconnected, that is why it was refused.
    """
    with transaction():
        row = session.get_one(ConnectedAccount, account_id, with_for_update=True)
        if row.state == AccountState.DISCONNECTED:
            holding.cancel(account_ids=[row.id], by=None, problem="account_disconnected")
        elif is_lost(row.tokens):
            accounts.without_key(row)
        elif row.tokens is not None and row.tokens.get("access_token") != account.tokens.access_token:
            holding.release(account_ids=[row.id], now=now)
        else:
            accounts.needs_reconnecting(row, problem=problem)
