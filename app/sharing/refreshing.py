"""What a worker keeps fresh before it uses an account: its tokens, and once a day the limits of its server."""

import uuid
from dataclasses import replace
from datetime import datetime

from app.db import session, transaction
from app.networks.base import Account, Config, NetworkFault, TokenSet
from app.sharing import accounts, apps
from app.sharing.models import ConnectedAccount
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
