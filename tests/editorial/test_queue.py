"""The queue: what is urgent comes first, and nothing is shown twice."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import ARRAY, TIMESTAMP, func, literal, select

import config
from app.clock import now
from app.editorial import claims, queue
from app.editorial.service_target import answer_by, service_target
from tests import rows

pytestmark = pytest.mark.usefixtures("db")


def test_the_oldest_comes_first_unless_a_wish_is_sooner(db: Any) -> None:
    edda = rows.edda()
    old, young, wished = (rows.proposal(edda) for _ in range(3))
    old.submitted_at = now() - timedelta(hours=5)
    wished.wished_until = now() + timedelta(hours=2)
    db.flush()
    assert [p.id for p in queue.page().proposals] == [wished.id, old.id, young.id]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_the_database_reckons_working_days_as_we_do(db: Any, zone: str) -> None:
    """Through a week and both nights of daylight saving, every 37 minutes."""
    before = config.settings()
    config.use(replace(before, time_zone=zone))
    try:
        for start in (datetime(2027, 3, 25, tzinfo=UTC), datetime(2027, 10, 28, tzinfo=UTC)):
            moments = [start + timedelta(minutes=37 * number) for number in range(300)]
            asked = func.unnest(literal(moments, ARRAY(TIMESTAMP(timezone=True)))).table_valued("at").render_derived()
            found = db.execute(select(asked.c.at, answer_by(asked.c.at))).all()
            assert dict(found) == {at: service_target(at) for at in moments}
    finally:
        config.use(before)


def test_over_a_weekend_a_wish_for_sunday_comes_first(db: Any) -> None:
    edda, friday = rows.edda(), datetime(2027, 1, 8, 15, tzinfo=UTC)
    monday, sunday = rows.proposal(edda), rows.proposal(edda)
    monday.submitted_at, sunday.submitted_at = friday, friday + timedelta(hours=1)
    sunday.wished_until = friday + timedelta(days=2)
    db.flush()
    assert [p.id for p in queue.page().proposals] == [sunday.id, monday.id]


def test_pages_follow_each_other_without_gap_or_repeat(db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 2)
    edda = rows.edda()
    made = [rows.proposal(edda) for _ in range(5)]
    same_moment = now()
    for proposal in made:
        proposal.submitted_at = same_moment
    db.flush()
    seen, after = [], None
    for _ in range(3):
        page = queue.page(after=after)
        seen += [p.id for p in page.proposals]
        after = page.next
    assert seen == sorted(p.id for p in made)
    assert after is None


def test_next_leaves_out_ones_own_and_what_a_colleague_holds(db: Any) -> None:
    ravi = rows.person("Ravi", "reviewer", "expert")
    rows.proposal(ravi)
    held, free = rows.proposal(rows.edda()), rows.proposal(rows.edda())
    claims.claim(held, rows.ravi())
    db.flush()
    found = queue.next_for(ravi.id)
    assert found is not None
    assert found.id == free.id
