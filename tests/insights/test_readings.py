"""Readings on the practice network: when they are taken, and what is kept."""

import uuid
from datetime import timedelta

import pytest

from app.clock import now
from app.db import session, transaction
from app.insights import readings
from app.insights.models import Reading
from app.networks.base import Metrics
from app.sharing import dispatching
from app.sharing.models import Delivery
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import Control, later, look
from tests.sharing.conftest import control

__all__ = ["control"]

pytestmark = pytest.mark.usefixtures("committed")


def published(control: Control, *, count: int = 1) -> list[uuid.UUID]:
    ids = builders.shared(control, count=count)
    dispatching.run()
    return ids


def kept(delivery_id: uuid.UUID) -> list[dict[str, int]]:
    session.remove()
    return [one.counts for one in session.query(Reading).filter_by(delivery_id=delivery_id).order_by(Reading.at)]


def test_the_schedule() -> None:
    """An hour, a day, a week, a month after; sooner on the practice network; then never."""
    start = now()

    def whole(network: str) -> list[float]:
        moments, after = [], start
        while moment := readings.next_reading(network, start, after):
            moments.append((moment - start).total_seconds())
            after = moment
        return moments

    month = [3600, 86400, 7 * 86400, 30 * 86400]
    assert whole("mastodon") == month
    assert whole("practice") == [60, 600, *month]


def test_taken_and_kept(control: Control) -> None:
    """Nothing before its time; then what the network says, and the next moment."""
    [delivery_id] = published(control)
    assert readings.take_due() == 0
    first = look(delivery_id).reading_due_at
    assert first is not None
    assert readings.take_due(now=later(seconds=59)) == 0
    assert readings.take_due(now=later(seconds=61)) == 1
    assert readings.take_due(now=later(seconds=61)) == 0
    found = look(delivery_id)
    assert found.counts == {"likes": 0, "comments": 0, "reposts": 0} | {k: v for k, v in found.counts.items() if k == "quotes"}
    assert kept(delivery_id) == [found.counts]
    assert found.published_at is not None
    assert found.reading_due_at == found.published_at + timedelta(minutes=10)


def test_what_is_not_offered_is_absent() -> None:
    """Never 0."""
    assert readings.as_counts(Metrics(likes=3, reposts=0)) == {"likes": 3, "reposts": 0}


def test_several_of_one_account(control: Control) -> None:
    """In one request, for the networks that offer it."""
    with transaction():
        emil = rows.emil()
        account = builders.account(emil, control)
        for _ in range(5):
            builders.share(emil, builders.post(), account)
    dispatching.run()
    assert readings.take_due(now=later(minutes=2)) == 5
    assert len(control.requests("GET", "/api/v1/statuses")) == 1


def test_deleted_over_there(control: Control) -> None:
    """What its owner has deleted on the network itself is noted, and not counted any more."""
    [delivery_id] = published(control)
    builders.delete_there(look(delivery_id))
    readings.take_due(now=later(minutes=2))
    found = look(delivery_id)
    assert (found.state, found.problem, found.reading_due_at, kept(delivery_id)) == ("removed", "gone_at_network", None, [])


def test_the_network_is_away(control: Control) -> None:
    """Later again, nothing is lost."""
    [delivery_id] = published(control)
    control.fault("status", status=503, method="GET", path="/api/v1/statuses/*")
    assert readings.take_due(now=later(minutes=2)) == 0
    assert look(delivery_id).reading_due_at == look(delivery_id).reading_due_at
    assert readings.take_due(now=later(minutes=18)) == 1


def test_two_workers(control: Control) -> None:
    """Shared between them: every reading once."""
    ids = published(control, count=6)
    moment = later(minutes=2)
    taken = builders.at_once(4, lambda _: readings.take_due(now=moment))
    assert sum(int(str(one)) for one in taken) == 6
    assert [len(kept(one)) for one in ids] == [1] * 6


def test_an_account_without_tokens(control: Control) -> None:
    """Not asked; the next moment comes all the same."""
    [delivery_id] = published(control)
    with transaction():
        account = session.get_one(Delivery, delivery_id).account
        account.state, account.tokens = "disconnected", None
    assert readings.take_due(now=later(minutes=2)) == 0
    assert look(delivery_id).reading_due_at is not None
