"""What follows from what happened, at the edges that no network shows on demand."""

import uuid
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from app.clock import now
from app.db import session, transaction
from app.networks.base import (
    AccountBlocked,
    Ambiguous,
    Config,
    Duplicate,
    NetworkFault,
    Permanent,
    Published,
    RateLimited,
    Reauth,
    Retryable,
)
from app.sharing import accounts, dispatching, leasing, orders, outcomes, reconciling, sending
from app.sharing.account_models import ConnectedAccount
from app.sharing.leasing import Leased
from app.sharing.orders import Order
from app.sharing.pace import Pace
from tests.sharing import builders
from tests.sharing.builders import Control, look

pytestmark = pytest.mark.usefixtures("committed")


def under_way(control: Control) -> Order:
    """A delivery whose request is about to leave."""
    builders.shared(control)
    [leased] = leasing.lease_due(limit=1, now=now())
    taken = builders.order(leased)
    assert taken is not None
    order = builders.begin(sending.prepared(taken))
    assert order is not None
    return order


def lost(order: Order) -> Leased:
    """Its lease ends, and somebody else holds the row now."""
    builders.lease_ends(order.leased.id)
    [leased] = leasing.lease_due(limit=1, now=now())
    return leased


@pytest.mark.parametrize(
    ("fault", "state", "problem"),
    [
        (Permanent("rejected"), "failed", "rejected"),
        (Retryable("unreachable"), "queued", "unreachable"),
        (RateLimited(now() + timedelta(minutes=3), "user"), "queued", "rate_limited"),
        (AccountBlocked("account_blocked"), "held", "account_blocked"),
        (Config("invalid_client"), "held", "network_setup"),
        (Ambiguous("timeout"), "unconfirmed", "timeout"),
        (Duplicate("duplicate"), "unconfirmed", "duplicate"),
        (NetworkFault("something new"), "unconfirmed", "something new"),
    ],
)
def test_consequences(control: Control, fault: NetworkFault, state: str, problem: str) -> None:
    """Each kind of fault has one consequence; a kind that nobody knows is the worst."""
    order = under_way(control)
    outcomes.settle(order, fault, now=now())
    found = look(order.leased.id)
    assert (found.state, found.problem, found.lease) == (state, problem, None)
    assert [one.outcome for one in found.attempts] == [fault.code]


def test_a_late_fault_proves_nothing(control: Control) -> None:
    """The row is somebody else's by now: what the first worker heard does not count."""
    order = under_way(control)
    reconciling.give_up_sending(lost(order), now=now())
    outcomes.settle(order, Permanent("rejected"), now=now())
    assert look(order.leased.id).state == "unconfirmed"


@pytest.mark.parametrize("meanwhile", ["sending", "unconfirmed", "queued"])
def test_late_proof_counts(control: Control, meanwhile: str) -> None:
    """The answer comes after the lease has ended, even after it was judged absent: it is published, and nothing is sent again."""
    order = under_way(control)
    leased = lost(order)
    if meanwhile != "sending":
        reconciling.give_up_sending(leased, now=now())
    if meanwhile == "queued":
        with transaction():
            reconciling.absent(leasing.by_id(order.leased.id), now=now())
    assert look(order.leased.id).state == meanwhile
    outcomes.settle(order, Published("4711", "http://there/4711", now()), now=now())
    dispatching.run()
    found = look(order.leased.id)
    assert (found.state, found.remote_id, control.creates()) == ("published", "4711", 0)


def test_a_late_fault_does_not_speak_for_whoever_sends_now(control: Control) -> None:
    """Given up, proven absent, and being sent by another worker: that the first one did not send says nothing about the second."""
    first = under_way(control)
    reconciling.give_up_sending(lost(first), now=now())
    with transaction():
        reconciling.absent(leasing.by_id(first.leased.id), now=now())
    [leased] = leasing.lease_due(limit=1, now=now())
    taken = builders.order(leased)
    assert taken is not None
    second = builders.begin(sending.prepared(taken))
    assert second is not None
    for fault in (Retryable("overslept"), Permanent("rejected"), Ambiguous("timeout")):
        outcomes.settle(first, fault, now=now())
        found = look(first.leased.id)
        assert (found.state, found.lease) == ("sending", second.leased.lease)


def test_a_worker_that_overslept(control: Control) -> None:
    """It was stopped between the commit and the request: it does not send any more."""
    order = under_way(control)
    asleep = builders.overslept(order)
    outcomes.settle(asleep, sending.publish(asleep), now=now())
    assert (look(order.leased.id).state, control.creates()) == ("queued", 0)


def test_a_lost_lease_sends_nothing(control: Control) -> None:
    """Prepared too slowly: somebody else has the row, so the first one stops before the request."""
    builders.shared(control)
    [first] = leasing.lease_due(limit=1, now=now())
    taken = builders.order(first)
    assert taken is not None
    [second] = leasing.lease_due(limit=1, now=now() + timedelta(minutes=5))
    assert second.id == first.id
    assert builders.begin(sending.prepared(taken)) is None
    assert look(first.id).attempts == []


def test_a_duplicate_that_is_not_ours(control: Control) -> None:
    """The network speaks of a duplicate, but our post is not there: failed, not tried for ever."""
    order = under_way(control)
    outcomes.settle(order, Duplicate("duplicate"), now=now())
    dispatching.run()
    found = look(order.leased.id)
    assert (found.state, control.creates()) == ("failed", 0)


def test_five_tries() -> None:
    """Growing waits, never before what the network asked for, at most a fifth more."""
    pace, moment = Pace(), now()
    assert pace.tries == 5
    for tries, wait in ((1, 30), (2, 120), (3, 600), (4, 1800), (9, 1800)):
        assert wait <= (pace.next_try(tries, moment) - moment).total_seconds() <= wait * 1.2
    assert (pace.next_try(1, moment, after=900) - moment).total_seconds() >= 900


def test_when_to_look() -> None:
    """+60 s, +5 min, +30 min after it was sent, never in the past, then a few times a day, and at last never."""
    pace, sent = Pace(), now()
    assert [(pace.next_look(looks, sent, sent) - sent).total_seconds() for looks in range(4)] == [60, 300, 1800, 21600]
    late = sent + timedelta(hours=1)
    assert pace.next_look(0, sent, late) == late
    assert pace.next_look(31, sent, sent).year == 9998


def test_unknown_leased_row(control: Control) -> None:
    """An order for a row that is gone from us raises nothing in the loop."""
    assert orders.take([Leased(uuid.uuid4(), uuid.uuid4(), "queued", now())], now=now()) == []


def test_tokens_that_a_colleague_thread_has_just_renewed_are_not_put_back(control: Control) -> None:
    """The network has refused the old tokens while somebody else trades them for new ones: the new ones stay."""
    order = under_way(control)
    old = replace(order.account.tokens, refresh_token="old")
    order = replace(order, account=replace(order.account, tokens=old))
    with transaction():
        session.get_one(ConnectedAccount, order.account_id).tokens = old.as_json()
    refused = Thread(target=outcomes.settle, args=(order, Reauth("token_invalid")), kwargs={"now": now()})
    with transaction():
        row = session.get_one(ConnectedAccount, order.account_id, with_for_update=True)
        refused.start()
        refused.join(0.5)
        row.tokens = replace(old, access_token="new", refresh_token="new").as_json()
    refused.join(10)
    found = look(order.leased.id)
    assert (found.state, found.problem) == ("queued", "token_refreshed")
    assert found.account.tokens is not None
    assert (found.account.tokens["access_token"], found.account.tokens["expires_at"]) == ("new", None)


def test_refused_tokens_are_renewed_before_the_next_try(control: Control) -> None:
    order = under_way(control)
    old = replace(order.account.tokens, refresh_token="old")
    order = replace(order, account=replace(order.account, tokens=old))
    with transaction():
        session.get_one(ConnectedAccount, order.account_id).tokens = old.as_json()
    outcomes.settle(order, Reauth("token_invalid"), now=now())
    assert accounts.as_value(look(order.leased.id).account).tokens.expires_within(1)
