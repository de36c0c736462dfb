"""Leases: who holds a row, for how long, and what is found when."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from app.clock import now
from app.db import session, transaction
from app.sharing import leasing
from app.sharing.pace import pace
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, plain_account, post, share

pytestmark = pytest.mark.usefixtures("committed", "app")


def due(state: str = "queued", **facts: object) -> uuid.UUID:
    with transaction():
        emil = rows.emil()
        found = builders.delivery(share(emil, post(), plain_account(emil)))
        builders.force(found, state, **{"due_at": now(), **facts})
        return found.id


def test_a_row_is_leased_once() -> None:
    """While one worker holds it nobody else gets it; when its time is over, somebody does."""
    one, moment = due(), now()
    [leased] = leasing.lease_due(limit=10, now=moment)
    assert (leased.id, leased.state) == (one, "queued")
    assert leasing.lease_due(limit=10, now=moment) == []
    [again] = leasing.lease_due(limit=10, now=moment + timedelta(seconds=pace().leased))
    assert again.lease != leased.lease
    with transaction():
        assert leasing.locked(leased) is None
        assert leasing.locked(again) is not None


def test_what_is_found() -> None:
    """What is due within a moment, in any state that needs work; the oldest first, and never more than asked for."""
    wanted = [
        due(due_at=later(seconds=-9)),
        due("unconfirmed", due_at=later(seconds=-8)),
        due("sending", due_at=later(seconds=-7), leased_until=later(seconds=-7)),
        due("published", due_at=later(seconds=-6), removal_asked_at=later(seconds=-6)),
        due(due_at=later(seconds=1)),
    ]
    due(due_at=later(seconds=5))
    due("sending", due_at=later(seconds=-7), leased_until=later(seconds=7))
    for state in ("held", "failed", "cancelled", "skipped", "published"):
        due(state)
    assert [one.id for one in leasing.lease_due(limit=2, now=now())] == wanted[:2]
    assert [one.id for one in leasing.lease_due(limit=20, now=now())] == wanted[2:]


def test_side_by_side() -> None:
    """Eight workers at once over forty rows: every row to exactly one of them."""
    ids = {due() for _ in range(40)}
    moment = now()
    found = builders.at_once(8, lambda _: [one.id for one in leasing.lease_due(limit=10, now=moment)])
    taken = [one for part in found for one in part]  # type: ignore[attr-defined]
    taken += [one.id for one in leasing.lease_due(limit=40, now=moment)]
    assert (len(taken), set(taken)) == (40, ids)


def test_finding_nothing_is_one_statement() -> None:
    """An idle pass asks once, by the index of open rows."""
    with builders.statements() as said:
        assert leasing.lease_due(limit=32, now=now()) == []
    assert len(said) == 1


def test_old_rows_cost_nothing() -> None:
    """The lease itself walks the partial index in its order, both priorities, whatever the statistics of the table happen to say."""
    for way in ("seqscan", "bitmapscan", "sort"):
        session.execute(builders.sql(f"SET LOCAL enable_{way} = off"))
    spans = {"ahead": timedelta(seconds=pace().ahead), "leased": timedelta(seconds=pace().leased)}
    values: dict[str, object] = {"now": now(), "expected": None, "give_up": True, "full": [], "limit": 32, "lease": uuid.uuid4(), **spans}
    plan = "\n".join(session.execute(builders.sql(f"EXPLAIN {leasing.LEASE_DUE.text}"), values).scalars())
    assert plan.count("Index Scan using ix_deliveries_due on deliveries mine") == 2
    assert "Seq Scan" not in plan


def test_after_a_step_back_no_look_is_further_away_than_looks_can_be() -> None:
    """What was written down while PostgreSQL's clock was an hour ahead; what is only planned keeps its minute."""
    hour, looks = timedelta(hours=1), pace().looks
    soon = due("unconfirmed", looks=1, sent_at=now(), due_at=now() + timedelta(seconds=looks[1]))
    ahead = due("unconfirmed", looks=0, sent_at=now(), due_at=now() + hour)
    rare = due("unconfirmed", looks=len(looks), sent_at=now(), due_at=now() + timedelta(seconds=pace().later_looks) - hour)
    rare_ahead = due("unconfirmed", looks=len(looks), sent_at=now(), due_at=now() + timedelta(seconds=pace().later_looks) + hour)
    planned = due(due_at=now() + hour, latest_at=now() + 3 * hour)
    before = {one: builders.look(one).due_at for one in (soon, ahead, rare, rare_ahead, planned)}
    assert leasing.mend_after_step() == 2
    after = {one: builders.look(one).due_at for one in before}
    assert {one for one in before if after[one] != before[one]} == {ahead, rare_ahead}
    assert now() + timedelta(seconds=pace().sending) < after[ahead] < now() + timedelta(minutes=5)


def test_after_a_step_back_no_next_try_is_further_away_than_tries_can_be() -> None:
    """What failed while PostgreSQL's clock was an hour ahead; what has no failure behind it keeps its minute, whoever has seen the step."""
    times: dict[str, Any] = {"due_at": now() + timedelta(hours=1), "latest_at": now() + timedelta(hours=3)}
    failed, put_off, planned = due(problem="unreachable", tries=1, **times), due(problem="rate_limited", **times), due(**times)
    soon = due(problem="unreachable", tries=4, **times | {"due_at": now() + timedelta(minutes=35)})
    assert leasing.mend_after_step(seen=False) == 0
    assert leasing.mend_after_step() == 2
    moved = {one for one in (failed, put_off, planned, soon) if builders.look(one).due_at < now() + timedelta(minutes=5)}
    assert moved == {failed, put_off}
