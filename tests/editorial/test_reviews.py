"""Reviews: who may decide what, on exactly which text."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from app.clock import now
from app.editorial import claims, posts, remarks, reviews
from app.editorial.models import Decision, Post, Proposal, Review
from app.errors import Forbidden, Invalid, Missing, Stale
from app.notices.models import Notice
from app.people.models import User
from tests import rows

pytestmark = pytest.mark.usefixtures("db")


def decide(proposal: Proposal, reviewer: Any, decision: Decision, **more: Any) -> Review:
    """Decide on the present revision."""
    assert proposal.revision is not None
    return reviews.review(proposal, reviewer, decision, content_hash=proposal.revision.content_hash, **more)


def test_an_approval_freezes_the_revision_into_a_post_with_its_wordings(db: Any) -> None:
    variants = [{"language": "en", "network": None, "text": "Second"}, {"language": "en", "network": "mastodon", "text": "Toot"}]
    proposal, ravi = rows.proposal(rows.edda(), variants=variants), rows.ravi()

    decide(proposal, ravi, Decision.APPROVED)

    db.flush()
    post = db.scalars(select(Post)).one()
    assert post.content == proposal.revision.content  # type: ignore[union-attr]
    assert post.content_hash == proposal.revision.content_hash  # type: ignore[union-attr]
    assert [(v.language, v.network, v.position, v.text) for v in sorted(post.variants, key=lambda v: (v.network or "", v.position))] == [
        ("en", None, 0, rows.TEXT),
        ("en", None, 1, "Second"),
        ("en", "mastodon", 0, "Toot"),
    ]
    assert proposal.state == "approved"


def test_the_author_is_told(db: Any) -> None:
    edda = rows.edda()
    decide(rows.proposal(edda), rows.ravi(), Decision.APPROVED)
    db.flush()
    assert [(n.user_id, n.kind) for n in db.scalars(select(Notice))] == [(edda.id, "proposal_approved")]


def test_the_author_is_not_told_that_it_can_be_shared_before_its_time(db: Any) -> None:
    edda, soon = rows.edda(), now() + timedelta(days=2)
    decide(rows.proposal(edda), rows.ravi(), Decision.APPROVED, window=posts.Window(soon, soon + timedelta(days=9)))
    db.flush()
    assert db.scalars(select(Notice.kind)).all() == ["proposal_approved_ahead"]


def test_nobody_approves_their_own_text() -> None:
    both = rows.person("Rosa", "expert", "reviewer")
    with pytest.raises(Forbidden):
        decide(rows.proposal(both), both, Decision.APPROVED)


def approval(proposal: Proposal, reviewer: User, *, claimed_author: User) -> Review:
    """An approval written past the verbs."""
    revision = proposal.revision
    assert revision is not None
    return Review(
        revision_id=revision.id,
        author_id=claimed_author.id,
        editor_id=claimed_author.id,
        content_hash=revision.content_hash,
        reviewer_id=reviewer.id,
        decision="approved",
    )


def test_the_database_refuses_an_approval_by_the_author_too(db: Any) -> None:
    both = rows.person("Rosa", "expert", "reviewer")
    db.add(approval(rows.proposal(both), both, claimed_author=both))
    with pytest.raises(IntegrityError, match="four_eyes"):
        db.flush()


def test_the_database_refuses_an_approval_that_names_another_author(db: Any) -> None:
    both = rows.person("Rosa", "expert", "reviewer")
    db.add(approval(rows.proposal(both), both, claimed_author=rows.emil()))
    with pytest.raises(IntegrityError, match="fk_reviews_revision_id"):
        db.flush()


def test_the_database_refuses_to_change_a_revision(db: Any) -> None:
    rows.proposal(rows.edda())
    with pytest.raises(IntegrityError, match="append-only"):
        db.execute(text("UPDATE revisions SET content = '{}'"))


def test_a_decision_on_a_text_that_has_changed_is_refused() -> None:
    proposal = rows.proposal(rows.edda())
    with pytest.raises(Stale):
        reviews.review(proposal, rows.ravi(), Decision.APPROVED, content_hash="of another text")


def test_a_proposal_is_decided_once() -> None:
    proposal = rows.proposal(rows.edda())
    decide(proposal, rows.ravi(), Decision.APPROVED)
    with pytest.raises(Stale):
        decide(proposal, rows.ravi(), Decision.DECLINED, message="too late")


def test_declining_needs_a_reason() -> None:
    with pytest.raises(Invalid) as refused:
        decide(rows.proposal(rows.edda()), rows.ravi(), Decision.DECLINED)
    assert refused.value.field == "message"


def test_asking_for_changes_needs_a_remark_or_a_message() -> None:
    with pytest.raises(Invalid):
        decide(rows.proposal(rows.edda()), rows.ravi(), Decision.CHANGES_REQUESTED)


def test_remarks_leave_with_the_review(db: Any) -> None:
    proposal, ravi = rows.proposal(rows.edda()), rows.ravi()
    assert proposal.revision is not None
    remark = remarks.add(proposal.revision, ravi, passage=remarks.Passage("en", 0, 12), quote="Our new pump", message="Which one?")
    db.flush()
    written = decide(proposal, ravi, Decision.CHANGES_REQUESTED)
    db.refresh(remark)
    assert remark.review_id == written.id
    assert proposal.state == "changes_requested"


def test_what_must_be_fixed_stops_an_approval(db: Any) -> None:
    proposal, ravi = rows.proposal(rows.edda()), rows.ravi()
    assert proposal.revision is not None
    remarks.add(
        proposal.revision,
        ravi,
        passage=remarks.Passage("en"),
        quote="",
        message="Say it",
        guideline=rows.guideline("must_fix"),
    )
    db.flush()
    with pytest.raises(Invalid):
        decide(proposal, ravi, Decision.APPROVED)


@pytest.mark.parametrize(("severity", "weight"), [("advice", "suggestion"), ("must_fix", "must_fix"), ("blocker", "blocker")])
def test_a_remark_weighs_as_much_as_its_rule(severity: str, weight: str) -> None:
    revision = rows.proposal(rows.edda()).revision
    assert revision is not None
    remark = remarks.add(revision, rows.ravi(), passage=remarks.Passage("en"), quote="", message="x", guideline=rows.guideline(severity))
    assert remark.weight == weight


def test_without_a_rule_a_remark_is_a_suggestion_even_for_the_database(db: Any) -> None:
    revision = rows.proposal(rows.edda()).revision
    assert revision is not None
    remark = remarks.add(revision, rows.ravi(), passage=remarks.Passage("en"), quote="", message="My taste")
    assert remark.weight == "suggestion"
    remark.weight = "must_fix"
    with pytest.raises(IntegrityError, match="rule_or_suggestion"):
        db.flush()


def test_a_passage_is_found_by_its_quote_when_the_offsets_are_off() -> None:
    revision = rows.proposal(rows.edda()).revision
    assert revision is not None
    remark = remarks.add(revision, rows.ravi(), passage=remarks.Passage("en", 3, 9), quote="winter tests", message="x")
    assert rows.TEXT[remark.start : remark.end] == "winter tests"
    assert (remark.prefix, remark.suffix) == ("Our new pump ran through 42 ", ". Here is what we learned about ")


def test_a_passage_that_is_not_there_is_refused() -> None:
    revision = rows.proposal(rows.edda()).revision
    assert revision is not None
    with pytest.raises(Invalid):
        remarks.add(revision, rows.ravi(), passage=remarks.Passage("en", 0, 5), quote="summer tests", message="x")


def test_only_its_writer_discards_a_remark(db: Any) -> None:
    ravi, revision = rows.ravi(), rows.proposal(rows.edda()).revision
    assert revision is not None
    remark = remarks.add(revision, ravi, passage=remarks.Passage("en"), quote="", message="x")
    db.flush()
    with pytest.raises(Missing):
        remarks.discard(remark.id, rows.ravi())
    remarks.discard(remark.id, ravi)
    assert remarks.unsent(revision.id, ravi.id) == []


def test_a_colleague_cannot_decide_what_is_claimed(db: Any) -> None:
    proposal, ravi, rosa = rows.proposal(rows.edda()), rows.ravi(), rows.person("Rosa", "reviewer")
    claims.claim(proposal, ravi)
    db.flush()
    with pytest.raises(Stale):
        claims.claim(proposal, rosa)
    with pytest.raises(Stale):
        decide(proposal, rosa, Decision.APPROVED)


def test_a_claim_runs_out(db: Any) -> None:
    proposal, rosa = rows.proposal(rows.edda()), rows.person("Rosa", "reviewer")
    claims.claim(proposal, rows.ravi())
    proposal.claimed_until = now() - timedelta(seconds=1)
    db.flush()
    claims.claim(proposal, rosa)
    assert claims.holder(proposal) is rosa


def test_a_window_that_lies_behind_is_refused() -> None:
    proposal = rows.proposal(rows.edda())
    behind = posts.Window(now() - timedelta(days=2), now() - timedelta(days=1))
    with pytest.raises(Invalid) as refused:
        decide(proposal, rows.ravi(), Decision.APPROVED, window=behind)
    assert refused.value.field == "share_until"


def test_withdrawing_stops_sharing_and_calls_those_who_registered(db: Any) -> None:
    post, ravi = rows.post(rows.edda(), rows.ravi()), rows.ravi()
    stopped: list[tuple[Post, str]] = []
    posts.WHEN_WITHDRAWN.append(lambda one, by, reason: stopped.append((one, reason)))
    try:
        posts.withdraw(post, ravi, reason="The figure was wrong")
    finally:
        posts.WHEN_WITHDRAWN.pop()
    assert (post.state, stopped) == ("withdrawn", [(post, "The figure was wrong")])
    told = db.scalars(select(Notice).where(Notice.user_id == post.author_id)).all()
    assert [(one.kind, one.facts["reason"]) for one in told] == [("own_post_withdrawn", "The figure was wrong")]
