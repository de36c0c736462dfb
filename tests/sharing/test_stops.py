"""Stops: what they reach, from their commit on; nothing else, and hardly any cost without one."""

import pytest
from sqlalchemy import select

from app.clock import now
from app.db import session
from app.people.models import User
from app.sharing import stops
from app.sharing.models import Delivery
from app.sharing.stop_models import Scope, Stop
from tests import rows
from tests.sharing.builders import delivery, plain_account, post, share, sql

pytestmark = pytest.mark.usefixtures("db", "app")


def queued(network: str = "mastodon") -> Delivery:
    emil = rows.emil()
    found = delivery(share(emil, post(), plain_account(emil)))
    found.network = network
    session.flush()
    return found


def press(by: User, scope: Scope, subject: str = "", **more: object) -> Stop:
    made = Stop(scope=scope, subject=subject, reason="The figures are wrong.", started_by=by.id, **more)
    session.add(made)
    session.flush()
    return made


def reached() -> set[object]:
    return set(session.scalars(select(Delivery.id).where(stops.reached())))


def test_what_a_stop_reaches() -> None:
    """Everything, a network, a topic or a post; an ended stop nothing."""
    one, other = queued(), queued("practice")
    ravi = rows.ravi()
    assert reached() == set()
    for scope, subject, expected in (
        (Scope.EVERYTHING, "", {one.id, other.id}),
        (Scope.NETWORK, "practice", {other.id}),
        (Scope.TOPIC, str(one.post.topic_id), {one.id}),
        (Scope.POST, str(other.post_id), {other.id}),
    ):
        stop = press(ravi, scope, subject)
        assert reached() == expected, scope
        assert {row.id for row in (one, other) if stops.reason_of(row) == "The figures are wrong."} == expected
        stop.ended_at, stop.ended_by = now(), ravi.id
        session.flush()
        assert reached() == set()
        assert stops.holding(one) is None


def test_without_a_stop_no_row_is_looked_at_for_it() -> None:
    """The condition is decided once per statement; only an active stop makes rows be compared."""
    queued()
    wanted = select(Delivery.id).where(stops.reached()).compile(compile_kwargs={"literal_binds": True}, dialect=session.get_bind().dialect)
    plan = "\n".join(session.scalars(sql(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {wanted}")))
    assert "One-Time Filter" in plan
    assert "never executed" in plan
