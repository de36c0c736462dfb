"""What a worker keeps fresh before it uses an account: tokens, and once a day the limits; and what it does when the tokens end."""

import uuid
from dataclasses import replace
from datetime import datetime

from app.db import session, transaction
from app.networks.base import Account, Config, NetworkFault, TokenSet
from app.sharing import accounts, apps, holding
from app.sharing.account_models import ConnectedAccount
from app.sharing.networks import network

SECONDS_LEFT = 300


def ready(account_id: uuid.UUID, account: Account) -> Account:
    """The account with tokens that last for five more minutes. Raises Reauth, Config, Retryable or RateLimited of the network."""
    if account.tokens.expires_within(SECONDS_LEFT) and account.tokens.refresh_token:
        return refresh(account_id)
    return account


def refresh(account_id: uuid.UUID) -> Account:
    """Trade the tokens for new ones; whoever comes second waits and finds them fresh.

    The one place where a transaction stays open while a network is called: two refreshes at once would destroy a rotating token.
    """
    with transaction():
        row = session.get_one(ConnectedAccount, account_id, with_for_update=True)
        account = accounts.as_value(row)
        if not account.tokens.expires_within(SECONDS_LEFT):
            return account
        where = network(row.network)
        app = apps.known(row.network, row.host)
        if app is None:
            raise Config("application_missing", f"{row.network} {row.host}")
        keep(row, where.refresh(app, account.tokens))
        return accounts.as_value(row)


def keep(row: ConnectedAccount, tokens: TokenSet) -> None:
    """Store new tokens in place of both old ones."""
    row.tokens, row.expires_at = tokens.as_json(), tokens.expires_at
    row.scopes = " ".join(tokens.scopes)


def worthless(account_id: uuid.UUID, account: Account, *, now: datetime) -> None:
    """The network has refused these tokens before their time: the next one who needs them trades them first.

    In a transaction of its own, because an account is always locked before its deliveries. What somebody has renewed meanwhile stays.
    """
    with transaction():
        row = session.get_one(ConnectedAccount, account_id, with_for_update=True)
        if row.tokens is not None and row.tokens.get("access_token") == account.tokens.access_token:
            row.tokens = {**row.tokens, "expires_at": now.isoformat()}


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
    what was held goes on instead.
    """
    with transaction():
        row = session.get_one(ConnectedAccount, account_id, with_for_update=True)
        if row.tokens is not None and row.tokens.get("access_token") != account.tokens.access_token:
            holding.release(account_ids=[row.id], now=now)
        else:
            accounts.needs_reconnecting(row, problem=problem)
