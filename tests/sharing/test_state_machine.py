"""Any verbs in any order: the row is where a model of a dozen lines says it is, and at most one post exists."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from app.clock import now
from app.db import session, transaction
from app.errors import Refusal
from app.networks.base import Absent, Ambiguous, Found, NetworkFault, Permanent, Published, Retryable, Unknown
from app.people.models import User
from app.sharing import deliveries, holding, leasing, outcomes, reconciling, removals, sending
from app.sharing.deliveries import Answer
from app.sharing.leasing import Leased
from app.sharing.models import Delivery
from app.sharing.orders import Order
from tests import rows
from tests.sharing import builders

pytestmark = pytest.mark.usefixtures("committed", "app")

FAULTS: dict[str, NetworkFault] = {"failed": Permanent("rejected"), "queued": Retryable("unreachable"), "unconfirmed": Ambiguous("timeout")}


class Ledger(RuleBasedStateMachine):
    """The model is `state`, and how many posts the network has made; the network is played by the rules."""

    @initialize()
    def click(self) -> None:
        """A fresh share."""
        with transaction():
            emil = rows.emil()
            account = builders.plain_account(emil)
            self.id = builders.delivery(builders.share(emil, builders.post(), account)).id
            self.user_id, self.account_id = emil.id, account.id
        self.state, self.posts, self.tries = "queued", 0, 0
        self.order: Order | None = None

    def leased(self, state: str) -> Leased:
        """As the dispatcher would lease it, whatever the time."""
        with transaction():
            row = session.get_one(Delivery, self.id)
            row.lease, row.leased_until = uuid.uuid4(), now() + timedelta(minutes=1)
            return Leased(self.id, row.lease, state, row.due_at)

    def verb(self, do: Callable[[User], Any]) -> bool:
        """A verb of the owner; whether it was not refused."""
        try:
            with transaction():
                do(session.get_one(User, self.user_id))
        except Refusal:
            return False
        return True

    @precondition(lambda self: self.state == "queued")
    @rule()
    def send(self) -> None:
        """A worker takes it up to the request."""
        taken = builders.order(self.leased("queued"))
        assert taken is not None
        self.order = builders.begin(sending.prepared(taken))
        assert self.order is not None
        self.state = "sending"

    @precondition(lambda self: self.state == "sending" and self.order is not None)
    @rule(made=st.booleans(), to=st.sampled_from(["published", *FAULTS]))
    def answer(self, made: bool, to: str) -> None:
        """The network answers, or not; only a doubtful answer may hide a post."""
        assert self.order is not None
        self.posts += to == "published" or (made and to == "unconfirmed")
        found = Published("1", "", now())
        outcomes.settle(self.order, found if to == "published" else FAULTS[to], now=now())
        self.tries += to == "queued"
        self.state = "failed" if to == "queued" and self.tries >= 5 else to
        self.order = None

    @precondition(lambda self: self.state == "sending")
    @rule(made=st.booleans())
    def worker_dies(self, made: bool) -> None:
        """The lease ends; the request may have been made."""
        self.posts += made
        reconciling.give_up_sending(self.leased("sending"), now=now())
        self.state, self.order = "unconfirmed", None

    @precondition(lambda self: self.state == "unconfirmed")
    @rule(sees=st.booleans())
    def look(self, sees: bool) -> None:
        """The network shows its list, which is true, or nothing."""
        result = (Found("1", "", now()) if self.posts else Absent()) if sees else Unknown("away")
        reconciling.settle(self.leased("unconfirmed"), result, now=now())
        if sees:
            self.tries += not self.posts
            self.state = "published" if self.posts else "failed" if self.tries >= 5 else "queued"

    @rule()
    def cancel(self) -> None:
        """The owner stops it, where that is still possible."""
        possible = self.state in ("queued", "held", "cancelled")
        assert self.verb(lambda user: deliveries.cancel(user, self.id)) is possible
        self.state = "cancelled" if possible else self.state

    @rule()
    def retry(self) -> None:
        """The owner sends a failed one again."""
        possible = self.state == "failed"
        assert self.verb(lambda user: deliveries.retry(user, self.id)) is possible
        if possible:
            self.state, self.tries = "queued", 0

    @precondition(lambda self: not self.posts)
    @rule(answer=st.sampled_from([Answer.SEND, Answer.LEAVE]))
    def it_is_not_there(self, answer: Answer) -> None:
        """The owner has looked, and says so truly."""
        possible = self.state == "unconfirmed"
        assert self.verb(lambda user: deliveries.answer_unconfirmed(user, self.id, answer)) is possible
        if possible:
            self.state = "queued" if answer is Answer.SEND else "failed"
            self.tries = 0 if answer is Answer.SEND else self.tries

    @precondition(lambda self: bool(self.posts))
    @rule()
    def it_is_there(self) -> None:
        """The owner has found it."""
        possible = self.state == "unconfirmed"
        url = "https://social.example/@emil/1"
        assert self.verb(lambda user: deliveries.answer_unconfirmed(user, self.id, Answer.THERE, url=url)) is possible
        self.state = "published" if possible else self.state

    @precondition(lambda self: self.state in ("queued", "held"))
    @rule()
    def hold_and_release(self) -> None:
        """The account's trouble comes and goes."""
        with transaction():
            row = leasing.by_id(self.id)
            if self.state == "queued":
                holding.hold_one(row, problem="token_invalid")
            else:
                holding.release_one(row, now=now())
        self.state = "held" if self.state == "queued" else "queued"

    @rule()
    def take_back(self) -> None:
        """The owner wants it gone, and the network deletes it."""
        possible = self.state == "published"
        assert self.verb(lambda user: deliveries.take_back(user, self.id)) is possible
        if possible:
            removals.settle(self.leased("published"), None, now=now())
            self.state, self.posts = "removed", self.posts - 1

    @invariant()
    def as_the_model_says(self) -> None:
        """The row agrees, there is never a second post, and what is published has one."""
        found = builders.look(self.id)
        assert (found.state, self.posts in (0, 1)) == (self.state, True)
        assert (self.posts == 1) or self.state != "published"
        session.remove()


def test_any_order() -> None:
    """Bounded, so that it takes seconds."""
    bounded = settings(max_examples=25, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Ledger, settings=bounded)
