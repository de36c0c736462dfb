"""Proposals: submitted once, told to the reviewers, withdrawn, listed with their place."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from app.audit.models import Event
from app.clock import now
from app.editorial import answers, drafts, proposals, revisions
from app.editorial import content as contents
from app.editorial.cleaning import clean
from app.editorial.drafts import Conflict, Window
from app.editorial.models import Proposal, Revision
from app.errors import Forbidden, Invalid, Missing, Stale
from app.ids import uuid7
from app.notices.models import Notice
from app.notices.sentences import SENTENCES
from tests import rows
from tests.editorial import builders

pytestmark = pytest.mark.usefixtures("db")


def test_submitting_freezes_the_draft_and_tells_every_other_reviewer(db: Any) -> None:
    edda, ravi, rosa = rows.person("Edda", "expert", "reviewer"), rows.ravi(), rows.person("Rosa", "reviewer")
    gone = rows.person("Gone", "reviewer")
    gone.deactivated_at = now()
    proposal = builders.submitted(edda, variant__0__text="Another", variant__1__text=" ")
    db.flush()
    revision = db.scalars(select(Revision)).one()
    assert proposal.state == "submitted"
    assert (revision.number, revision.author_id, revision.editor_id, proposal.revision_id) == (1, edda.id, edda.id, revision.id)
    assert [one["text"] for one in revision.content["variants"]] == ["Another"]
    assert revision.content_hash == contents.content_hash(contents.of(revision.content), {})
    assert "tab" not in revision.content
    assert {(one.user_id, one.kind, one.url) for one in db.scalars(select(Notice))} == {
        (person.id, "review_wanted", f"/review/{proposal.id}") for person in (ravi, rosa)
    }
    assert db.scalars(select(Event.verb).where(Event.subject_id == proposal.id).order_by(Event.id)).all() == ["started", "submitted"]


def test_submitting_twice_is_submitting_once(db: Any) -> None:
    edda = rows.edda()
    proposal = builders.submitted(edda)
    proposals.submit(edda, proposal.id, basis=proposal.draft_version)
    assert db.scalar(select(func.count()).select_from(Revision)) == 1


def test_what_is_missing_is_told_and_nothing_is_frozen(db: Any) -> None:
    edda = rows.edda()
    made = drafts.save(edda, uuid7(), clean({"text-en": "Only a text"}), Window(0, "one"))
    with pytest.raises(Invalid) as missing:
        proposals.submit(edda, made.id, basis=1)
    assert (missing.value.field, made.state) == ("topic_id", "draft")
    assert db.scalar(select(func.count()).select_from(Revision)) == 0


def test_a_stale_window_does_not_submit_what_it_never_saw() -> None:
    edda = rows.edda()
    made = builders.draft(edda)
    with pytest.raises(Conflict):
        proposals.submit(edda, made.id, basis=made.draft_version - 1)


def test_only_experts_submit_and_only_their_own() -> None:
    edda = rows.edda()
    made = builders.draft(edda)
    with pytest.raises(Missing):
        proposals.submit(rows.person("Emma", "expert"), made.id, basis=1)
    with pytest.raises(Missing):
        proposals.withdraw(rows.ravi(), made.id)
    edda.roles = []
    with pytest.raises(Forbidden):
        proposals.submit(edda, made.id, basis=1)


def test_the_same_again_is_refused_until_something_changes_or_is_answered(db: Any) -> None:
    edda, ravi = rows.edda(), rows.ravi()
    remark = builders.sent_back(edda, ravi)
    proposal = db.scalars(select(Proposal)).one()
    with pytest.raises(Invalid) as same:
        proposals.submit(edda, proposal.id, basis=proposal.draft_version)
    assert same.value.field == "text-en"
    answers.answer(remark.id, edda, "All 42 of them; the list is in the link.")
    proposals.submit(edda, proposal.id, basis=proposal.draft_version)
    assert db.scalars(select(Revision.number).order_by(Revision.number)).all() == [1, 2]


def test_withdrawing_frees_the_claim_and_tells_who_held_it(db: Any) -> None:
    edda, ravi = rows.edda(), rows.ravi()
    proposal = builders.submitted(edda)
    proposal.claimed_by_id, proposal.claimed_until = ravi.id, now() + timedelta(minutes=5)
    db.flush()
    db.refresh(proposal)
    assert proposals.withdraw(edda, proposal.id).state == "withdrawn"
    assert proposals.withdraw(edda, proposal.id).claimed_by_id is None
    told = db.scalars(select(Notice).where(Notice.user_id == ravi.id).order_by(Notice.id)).all()
    assert [one.kind for one in told] == ["review_wanted", "proposal_withdrawn"]
    assert SENTENCES["proposal_withdrawn"].body  # by mail, too


def test_what_was_decided_is_not_withdrawn() -> None:
    edda = rows.edda()
    post = rows.post(edda, rows.ravi())
    with pytest.raises(Stale):
        proposals.withdraw(edda, post.proposal_id)


def test_places_follow_the_queue(db: Any) -> None:
    edda, other = rows.edda(), rows.person("Emma", "expert")
    first, second, third = builders.submitted(other), builders.submitted(edda), builders.submitted(edda)
    third.wished_until = now() + timedelta(hours=1)
    db.flush()
    assert proposals.places([second, third]) == {third.id: 1, second.id: 3}
    assert proposals.places([first]) == {first.id: 2}
    assert proposals.places([builders.draft(edda)]) == {}


def test_pages_follow_each_other_and_hold_only_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proposals, "PAGE", 2)
    edda = rows.edda()
    mine = [builders.draft(edda) for _ in range(4)] + [builders.submitted(edda)]
    builders.draft(rows.person("Emma", "expert"))
    seen, before = [], None
    for _ in range(3):
        page = proposals.page(edda, before=before)
        seen += [one.id for one in page.proposals]
        before = page.older
    assert seen == [one.id for one in reversed(mine)]
    assert before is None
    assert [one.id for one in proposals.page(edda, show="waiting").proposals] == [mine[-1].id]


def test_a_list_takes_the_same_queries_however_long_it_is(db: Any, queries: Any) -> None:
    edda = rows.edda()
    for _ in range(3):
        builders.submitted(edda)
    db.flush()
    db.expire_all()
    with queries() as seen:
        found = proposals.page(edda)
        assert [one.topic.name_en for one in found.proposals if one.topic]
    assert len(seen) <= 4


def test_revisions_are_compared_word_by_word(db: Any) -> None:
    edda = rows.edda()
    old = contents.of(builders.submitted(edda, text__en="Ran 41 tests.").revision.content)  # type: ignore[union-attr]
    new = contents.of(builders.submitted(edda, text__en="Ran 42 tests.", variant__0__text="New").revision.content)  # type: ignore[union-attr]
    new["topic_id"] = old["topic_id"]
    assert [(one.part, one.language, one.number, one.parts) for one in revisions.compare(old, new)] == [
        ("text", "en", 0, [("same", "Ran "), ("gone", "41"), ("new", "42"), ("same", " tests.")]),
        ("variant", "en", 1, [("new", "New")]),
    ]
    assert revisions.compare(old, old) == []
