"""Tokens that end: refreshed once by one worker, or the owner is asked once and everything waits."""

import signal
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from app.clock import now
from app.db import session, transaction
from app.networks.base import Reauth, Retryable, TokenSet
from app.people.models import User
from app.sharing import dispatching, ledger_clock, refreshing, renewing, sweeping
from app.sharing.account_models import ConnectedAccount
from app.sharing.networks import network
from tests import rows
from tests.faults.test_kills import until, worker
from tests.sharing import builders
from tests.sharing.builders import Control, eventually, later, look, run_until

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


@pytest.mark.parametrize(
    ("kind", "facts"),
    [("drop_after", {}), ("html", {}), ("drop_before", {})],
    ids=["dropped after it was made", "nonsense", "dropped before"],
)
def test_the_answer_of_a_refresh_is_lost(control: Control, kind: str, facts: dict[str, object]) -> None:
    """The old tokens may be used up: nothing is asked for again, what waits is held, and its owner reads what to do, once."""
    ids, account_id = ends_soon(control)
    control.fault(kind, path="/oauth/token", **facts)
    dispatching.run()
    account = look(ids[0]).account
    assert (account.state, account.problem, account.refresh_began_at is not None) == ("needs_reconnect", "refresh_lost", True)
    assert [(look(one).state, look(one).problem) for one in ids] == [("held", "refresh_lost")] * 2
    assert (builders.notices(account.user_id), builders.mails(account.user_id)) == (["reconnect_lost"], 1)
    assert (len(control.requests("POST", "/oauth/token")), control.creates()) == (1, 0)
    reconnect(account.user_id, account_id, control)
    dispatching.run()
    assert ([look(one).state for one in ids], look(ids[0]).account.refresh_began_at) == (["published"] * 2, None)


def test_a_network_that_is_busy_has_traded_nothing(control: Control) -> None:
    """An answer that says no is not a lost one: the next try trades the same tokens."""
    ids, account_id = ends_soon(control)
    control.fault("status", status=503, path="/oauth/token")
    with pytest.raises(Retryable):
        refreshing.refresh(account_id)
    assert look(ids[0]).account.refresh_began_at is None
    dispatching.run()
    assert [look(one).state for one in ids] == ["published"] * 2


def test_a_worker_killed_during_a_refresh(control: Control) -> None:
    """SIGKILL while tokens are traded: nobody trades them again; once no answer can come any more, the owner is asked."""
    ids, account_id = ends_soon(control)
    control.fault("slow", path="/oauth/token", seconds=4)
    with worker() as first:
        until(lambda: not control.waiting())
        first.send_signal(signal.SIGKILL)
        first.wait(5)
    eventually(lambda: len(control.requests("POST", "/oauth/token")) == 1)
    assert look(ids[0]).account.refresh_began_at is not None
    with pytest.raises(Retryable, match="refresh_under_way"):
        refreshing.refresh(account_id, wait=0)
    as_if_a_minute_ago(account_id)
    renewing.renew_due(now=now())
    account = look(ids[0]).account
    assert (account.state, account.problem) == ("needs_reconnect", "refresh_lost")
    assert (builders.notices(account.user_id), len(control.requests("POST", "/oauth/token"))) == (["reconnect_lost"], 1)


@pytest.mark.usefixtures("own_clock")
def test_a_step_of_the_clock_declares_no_refresh_dead(control: Control) -> None:
    """PostgreSQL's clock goes an hour ahead while tokens are traded: whoever comes by waits, and the owner is not asked for nothing."""
    ids, account_id = ends_soon(control)
    with transaction():
        session.get_one(ConnectedAccount, account_id).refresh_began_at = later(minutes=-60)
    ledger_clock.learn(later(minutes=-60))
    with pytest.raises(Retryable, match="refresh_under_way"):
        refreshing.refresh(account_id, left=7200, wait=0)
    account = look(ids[0]).account
    assert (account.state, builders.notices(account.user_id), control.requests("POST", "/oauth/token")) == ("connected", [], [])
    ledger_clock.trust()
    with pytest.raises(Reauth, match="refresh_lost"):
        refreshing.refresh(account_id, wait=0)


def test_where_refresh_tokens_last_it_is_tried_again(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker was killed there, too, but the old token still works: nobody is bothered."""
    lasting = replace(network("practice").capabilities(), refresh_rotates=False)
    monkeypatch.setattr(network("practice"), "capabilities", lambda: lasting)
    ids, account_id = ends_soon(control)
    with transaction():
        session.get_one(ConnectedAccount, account_id).refresh_began_at = now()
    as_if_a_minute_ago(account_id)
    dispatching.run()
    assert [look(one).state for one in ids] == ["published"] * 2
    assert look(ids[0]).account.refresh_began_at is None


def test_new_tokens_that_come_late_still_count(control: Control) -> None:
    """A worker that was only stopped wakes up with the answer after its account was given up: it is connected again, and all goes on."""
    ids, account_id = ends_soon(control)
    control.fault("slow", path="/oauth/token", seconds=2)
    asleep = ThreadPoolExecutor(1).submit(refreshing.refresh, account_id)
    eventually(lambda: not control.waiting())
    as_if_a_minute_ago(account_id)
    dispatching.run()
    assert (look(ids[0]).account.state, [look(one).state for one in ids]) == ("needs_reconnect", ["held"] * 2)
    assert asleep.result(20).tokens.access_token
    dispatching.run()
    assert (look(ids[0]).account.state, [look(one).state for one in ids]) == ("connected", ["published"] * 2)


def test_a_late_answer_does_not_undo_a_new_connection(control: Control) -> None:
    """The owner was quicker: their tokens stay."""
    ids, account_id = ends_soon(control)
    control.fault("slow", path="/oauth/token", seconds=2)
    asleep = ThreadPoolExecutor(1).submit(refreshing.refresh, account_id)
    eventually(lambda: not control.waiting())
    reconnect(look(ids[0]).user_id, account_id, control)
    mine = look(ids[0]).account.tokens
    asleep.result(20)
    assert look(ids[0]).account.tokens == mine


def test_the_database_is_away_when_the_new_tokens_come(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else has them: they are kept until they can be written down."""
    ids, account_id = ends_soon(control)
    monkeypatch.setattr(refreshing, "LOOK_EVERY", 0.05)
    with transaction():
        session.execute(builders.sql("CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'away'; END $$"))
        session.execute(
            builders.sql(
                "CREATE TRIGGER away BEFORE UPDATE OF tokens ON connected_accounts FOR EACH ROW"
                " WHEN (OLD.tokens IS DISTINCT FROM NEW.tokens) EXECUTE FUNCTION away()"
            )
        )
    waiting = ThreadPoolExecutor(1).submit(refreshing.refresh, account_id)
    try:
        eventually(lambda: len(control.requests("POST", "/oauth/token")) == 1)
    finally:
        with transaction():
            session.execute(builders.sql("DROP TRIGGER IF EXISTS away ON connected_accounts; DROP FUNCTION IF EXISTS away"))
    waiting.result(20)
    dispatching.run()
    assert [look(one).state for one in ids] == ["published"] * 2
    assert len(control.requests("POST", "/oauth/token")) == 1


def test_renewed_ahead(control: Control) -> None:
    """Where something is planned within the hour, the token is new before its minute comes; idle accounts are left alone."""
    with transaction():
        idle = builders.account(rows.person("Ida"), control).id
    [planned], _account_id = ends_soon(control, at=later(minutes=30), count=1)
    assert renewing.renew_due(now=now()) == 1
    control.well_again()
    account = look(planned).account
    assert account.expires_at is None or account.expires_at > later(minutes=20)
    assert [one["status"] for one in control.requests("POST", "/oauth/token")] == [200]
    assert renewing.renew_due(now=now()) == 0
    assert session.get_one(ConnectedAccount, idle).refresh_began_at is None


def test_two_jobs_at_once_renew_once(control: Control) -> None:
    """Two beats, a doubled message, a delivery at the same moment: one request."""
    _ids, account_id = ends_soon(control, at=later(minutes=30))
    control.fault("slow", path="/oauth/token", seconds=1)
    builders.at_once(4, lambda _: renewing.renew_due(now=now()))
    refreshing.refresh(account_id)
    assert [one["status"] for one in control.requests("POST", "/oauth/token")] == [200]


def test_the_job_finds_a_dead_token_ahead(control: Control) -> None:
    """Half an hour before it is due its owner hears that they must connect again, not after the failure."""
    [planned], _account_id = ends_soon(control, at=later(minutes=30), count=1)
    control.fault("expire_tokens", refresh_too=True)
    renewing.renew_due(now=now())
    found = look(planned)
    assert (found.state, found.account.state, builders.notices(found.user_id)) == ("held", "needs_reconnect", ["reconnect_needed"])


def test_the_key_is_gone(control: Control) -> None:
    """None of our keys opens the tokens: held once with its own problem, not looked at for ever; others leave; the key comes back."""
    [lost, fine] = builders.shared(control, count=2)
    sealed = raw_tokens(lost)
    write_tokens(lost, Fernet(Fernet.generate_key()).encrypt(b"{}"))
    dispatching.run()
    found = look(lost)
    assert (found.state, found.problem, found.lease, found.account.state) == ("held", "key_lost", None, "connected")
    assert (look(fine).state, builders.notices(found.user_id)) == ("published", ["account_key_lost"])
    sweeping.sweep(now=now())
    dispatching.run()
    assert (look(lost).state, builders.notices(found.user_id)) == ("held", ["account_key_lost"])
    write_tokens(lost, sealed)
    sweeping.sweep(now=now())
    dispatching.run()
    assert (look(lost).state, look(lost).account.problem) == ("published", None)


def test_connecting_again_mends_a_lost_key(control: Control) -> None:
    """The owner need not wait for the admin."""
    [lost] = builders.shared(control)
    write_tokens(lost, b"not even sealed")
    dispatching.run()
    found = look(lost)
    reconnect(found.user_id, found.account_id, control)
    dispatching.run()
    assert look(lost).state == "published"


def ends_soon(control: Control, *, count: int = 2, **more: Any) -> tuple[list[uuid.UUID], uuid.UUID]:
    """Somebody's account whose token ends in 200 seconds, and shares to it."""
    control.fault("token_lifetime", seconds=200)
    with transaction():
        emil = rows.emil()
        emil.password_hash = "set"
        account = builders.account(emil, control, "emil")
        ids = [builders.delivery(builders.share(emil, builders.post(), account, **more)).id for _ in range(count)]
        account_id = account.id
    control.well_again()
    return ids, account_id


def as_if_a_minute_ago(account_id: uuid.UUID) -> None:
    """The trace is older than any request can take."""
    with transaction():
        session.get_one(ConnectedAccount, account_id).refresh_began_at = later(seconds=-61)


def raw_tokens(delivery_id: uuid.UUID) -> bytes:
    """What really lies in the table."""
    account_id = look(delivery_id).account_id
    return bytes(session.execute(text("SELECT tokens FROM connected_accounts WHERE id = :id"), {"id": account_id}).scalar_one())


def write_tokens(delivery_id: uuid.UUID, raw: bytes) -> None:
    """Put something else there."""
    account_id = look(delivery_id).account_id
    with transaction():
        session.execute(text("UPDATE connected_accounts SET tokens = :raw WHERE id = :id"), {"raw": raw, "id": account_id})


def reconnect(user_id: uuid.UUID, account_id: uuid.UUID, control: Control) -> None:
    """The same remote account comes back with new tokens."""
    made = control.account("emil")
    with transaction():
        builders.connect_again(session.get_one(User, user_id), session.get_one(ConnectedAccount, account_id), made)
