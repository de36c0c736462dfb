"""When the ledger has something to do next."""

from datetime import datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from app.clock import now
from app.db import session, transaction
from app.sharing.lookout import SOONEST, LookOut
from app.sharing.models import Delivery, Priority
from tests import rows
from tests.sharing import builders
from tests.sharing.builders import later, plain_account, post, share

pytestmark = pytest.mark.usefixtures("committed", "app")


def open_row(state: str = "queued", **facts: object) -> datetime:
    """A delivery in this state; returns when it is due."""
    with transaction():
        emil = rows.emil()
        found = builders.delivery(share(emil, post(), plain_account(emil)))
        builders.force(found, state, **{"due_at": later(seconds=5), **facts})
        return found.due_at


def soonest() -> datetime | None:
    look_out = LookOut()
    try:
        return look_out.soonest(now=now())
    finally:
        look_out.close()


def test_the_first_row_that_nobody_holds() -> None:
    """Of both priorities, whatever the state needs; what is leased is somebody's already, what is final needs nothing."""
    assert soonest() is None
    open_row("published")
    open_row("held", due_at=later(seconds=-9))
    open_row("sending", due_at=later(seconds=-8), leased_until=later(seconds=20))
    assert soonest() is None
    spread = open_row(priority=Priority.SPREAD, due_at=later(seconds=50))
    assert soonest() == spread
    waited_for = open_row(due_at=later(seconds=60))
    assert soonest() == spread
    with transaction():
        session.query(Delivery).filter_by(priority=Priority.SPREAD).update({"due_at": later(seconds=70)})
    assert soonest() == waited_for
    forgotten = open_row("sending", due_at=later(seconds=-7), leased_until=later(seconds=-7))
    assert soonest() == forgotten


def test_it_reads_no_further_than_the_first_row() -> None:
    """However many rows wait: one step into the partial index for each priority."""
    with transaction():
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL enable_sort = off"))
        plan = "\n".join(session.execute(text(f"EXPLAIN {SOONEST.text}"), {"now": now()}).scalars())
    assert "ix_deliveries_due" in plan
    assert "priority = " in plan.split("Index Cond:")[1].splitlines()[0]
    assert "Sort" not in plan


def test_a_lost_connection_is_replaced() -> None:
    """The question that meets the broken connection fails, the next one is answered."""
    look_out, due = LookOut(), open_row()
    assert look_out.soonest(now=now()) == due
    with transaction():
        session.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
        )
    with pytest.raises(OperationalError):
        look_out.soonest(now=now())
    assert look_out.soonest(now=now()) == due
    look_out.close()
