"""Tokens that end: refreshed once by one worker, or the owner is asked once and everything waits."""

import uuid
from dataclasses import replace

import pytest

from app.clock import now
from app.db import session, transaction
from app.networks.base import Grant, Identity, TokenSet
from app.people.models import User
from app.sharing import connections, dispatching, refreshing
from app.sharing.account_models import ConnectedAccount
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, run_until

pytestmark = pytest.mark.usefixtures("committed")


def test_refreshed_before_it_ends(control: Control) -> None:
    """A token with less than five minutes left is refreshed first; both new tokens are kept."""
    control.fault("token_lifetime", seconds=200)
    [delivery_id] = builders.shared(control)
    old = TokenSet.from_json(look(delivery_id).account.tokens or {})
    control.well_again()
    dispatching.run()
    found = look(delivery_id)
    new = TokenSet.from_json(found.account.tokens or {})
    assert (found.state, control.creates()) == ("published", 1)
    assert new.access_token != old.access_token


def test_ended_meanwhile(control: Control) -> None:
    """The network does not know the token any more, but it can be refreshed: one refusal, one refresh, one post."""
    control.fault("token_lifetime", seconds=4000)
    [delivery_id] = builders.shared(control)
    control.well_again()
    control.fault("expire_tokens")
    dispatching.run()
    found = look(delivery_id)
    assert (found.state, control.creates(), len(control.statuses()), found.account.state) == ("published", 2, 1, "connected")


def test_two_at_once_refresh_once(control: Control) -> None:
    """A rotating token survives two workers that want to refresh it: the second finds it fresh."""
    control.fault("token_lifetime", seconds=200)
    ids = builders.shared(control, count=1)
    account_id = look(ids[0]).account_id
    control.well_again()
    builders.at_once(8, lambda _: refreshing.refresh(account_id))
    refreshes = [one for one in control.requests("POST", "/oauth/token") if one["status"] == 200]
    assert len(refreshes) == 1


def test_dead(control: Control) -> None:
    """Only the owner can mend it: the account says so, all that waits is held, one mail; connecting again lets it go."""
    with transaction():
        emil = rows.emil()
        emil.password_hash = "set"
        account = builders.account(emil, control, "emil")
        made = [builders.share(emil, builders.post(), account) for _ in range(3)]
        late = builders.share(emil, builders.post(), account, at=later(minutes=30))
        ids = [builders.delivery(one).id for one in (*made, late)]
        account_id, user_id = account.id, emil.id
    control.fault("expire_tokens")
    dispatching.run()
    assert [look(one).state for one in ids] == ["held"] * 4
    assert session.get_one(ConnectedAccount, account_id).state == "needs_reconnect"
    assert builders.notices(user_id) == ["reconnect_needed"]
    assert builders.mails(user_id) == 1
    reconnect(user_id, account_id, control)
    dispatching.run()
    assert [look(one).state for one in ids] == ["published"] * 3 + ["queued"]
    assert (len(control.statuses()), look(ids[3]).due_at > later(minutes=25)) == (3, True)


def test_reconnected_too_late(control: Control) -> None:
    """What was held past its latest time is left out, not sent late."""
    with transaction():
        emil = rows.emil()
        account = builders.account(emil, control, "emil")
        delivery_id = builders.delivery(builders.share(emil, builders.post(), account)).id
        account_id, user_id = account.id, emil.id
    control.fault("expire_tokens")
    dispatching.run()
    with transaction():
        look(delivery_id).latest_at = now()
    reconnect(user_id, account_id, control)
    dispatching.run()
    found = look(delivery_id)
    assert (found.state, found.problem, control.statuses()) == ("skipped", "too_late", [])
    assert builders.notices(user_id) == ["reconnect_needed", "delivery_skipped"]


def test_restricted_by_the_network(control: Control) -> None:
    """An account that the network has frozen is held like one without a token, with the network's word."""
    [delivery_id] = builders.shared(control)
    control.fault("status", status=401, times=None)
    dispatching.run()
    found = look(delivery_id)
    assert (found.state, found.account.state, found.account.problem) == ("held", "needs_reconnect", "token_invalid")
    run_until(later(hours=1))
    assert control.creates() == 1


def reconnect(user_id: uuid.UUID, account_id: uuid.UUID, control: Control) -> None:
    """The same remote account comes back with new tokens."""
    made = control.account("emil")
    with transaction():
        account = session.get_one(ConnectedAccount, account_id)
        who = Identity(account.host, account.remote_id, account.handle, account.name)
        tokens = replace(TokenSet(made["access_token"]), scopes=tuple(made["scope"].split()))
        connections.connect(session.get_one(User, user_id), "practice", Grant(who, tokens, tokens.scopes))
