"""The queue: what is urgent comes first, and nothing is shown twice."""

from datetime import timedelta
from typing import Any

import pytest

from app.clock import now
from app.editorial import claims, queue
from tests import rows

pytestmark = pytest.mark.usefixtures("db")


def test_the_oldest_comes_first_unless_a_wish_is_sooner(db: Any) -> None:
    edda = rows.edda()
    old, young, wished = (rows.proposal(edda) for _ in range(3))
    old.submitted_at = now() - timedelta(hours=5)
    wished.wished_until = now() + timedelta(hours=2)
    db.flush()
    assert [p.id for p in queue.page().proposals] == [wished.id, old.id, young.id]


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
