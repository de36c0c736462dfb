"""The reviewers' pages, seen by each of the cast."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import format_date
from sqlalchemy import select

from app.clock import now
from app.editorial.models import Post, Proposal, Remark, Review
from tests import rows
from tests.signed_in import browser

pytestmark = pytest.mark.usefixtures("client")


@pytest.fixture
def proposal(db: Any) -> Proposal:
    """Edda's proposal, waiting."""
    made = rows.proposal(rows.edda())
    assert made.revision is not None
    return made


def hash_of(proposal: Proposal) -> str:
    """What the reviewer's page holds in its form."""
    assert proposal.revision is not None
    return proposal.revision.content_hash


@pytest.mark.parametrize(("who", "status"), [("edda", 403), ("emil", 403), ("ada", 403), ("ravi", 200)])
def test_only_reviewers_enter(app: Flask, proposal: Proposal, who: str, status: int) -> None:
    client = browser(app, getattr(rows, who)())
    for path in ("/review", f"/review/{proposal.id}", "/review/posts", "/review/rules?rule=7"):
        assert client.get(path).status_code == status


@pytest.mark.parametrize("who", ["edda", "emil", "ada"])
def test_only_reviewers_decide(app: Flask, db: Any, proposal: Proposal, who: str) -> None:
    client = browser(app, getattr(rows, who)())
    form = {"decision": "approved", "content_hash": hash_of(proposal)}
    assert client.post(f"/review/{proposal.id}/decision", data=form).status_code == 403
    assert db.scalars(select(Review)).all() == []


def test_a_stranger_is_sent_to_sign_in(client: Any, proposal: Proposal) -> None:
    assert client.get(f"/review/{proposal.id}").headers["Location"] == f"/sign-in?next=/review/{proposal.id}"


def test_a_draft_is_nobodys_business(app: Flask, db: Any) -> None:
    draft = Proposal(author_id=rows.edda().id, draft=rows.content())
    db.add(draft)
    db.flush()
    assert browser(app, rows.ravi()).get(f"/review/{draft.id}").status_code == 404


def test_the_whole_review_from_claim_to_approval(app: Flask, db: Any, proposal: Proposal) -> None:
    ravi = browser(app, rows.ravi())
    assert ravi.post(f"/review/{proposal.id}/claim").headers["Location"] == f"/review/{proposal.id}"
    answer = ravi.post(f"/review/{proposal.id}/decision", data={"decision": "approved", "content_hash": hash_of(proposal)})
    assert answer.headers["Location"] == "/review"
    assert db.scalars(select(Post.proposal_id)).all() == [proposal.id]


def test_a_remark_cites_the_typed_rule_and_leaves_with_the_decision(app: Flask, db: Any, proposal: Proposal) -> None:
    ravi, rule = browser(app, rows.ravi()), rows.guideline("must_fix")
    remark = {
        "language": "en",
        "quote": "winter tests",
        "rule": rule.guideline.code,
        "message": "Which winter?",
        "replacement": "tests",
    }
    assert ravi.post(f"/review/{proposal.id}/remarks", data=remark).status_code == 303
    assert "Which winter?" in ravi.get(f"/review/{proposal.id}").text
    ravi.post(f"/review/{proposal.id}/decision", data={"decision": "changes_requested", "content_hash": hash_of(proposal)})
    sent = db.scalars(select(Remark)).one()
    assert (sent.guideline_version_id, sent.weight, sent.review.decision) == (rule.id, "must_fix", "changes_requested")


def test_an_unknown_rule_keeps_what_was_typed(app: Flask, proposal: Proposal) -> None:
    typed = {"language": "en", "quote": "winter tests", "rule": "zzzz", "message": "Which winter, please?"}
    answer = browser(app, rows.ravi()).post(f"/review/{proposal.id}/remarks", data=typed)
    assert answer.status_code == 422
    assert "There is no guideline like that" in answer.text
    assert "Which winter, please?" in answer.text


def test_a_passage_that_is_not_in_the_text_keeps_what_was_typed(app: Flask, db: Any, proposal: Proposal) -> None:
    typed = {"language": "en", "quote": "summer tests", "message": "Which summer, please?", "replacement": "winter tests"}
    answer = browser(app, rows.ravi()).post(f"/review/{proposal.id}/remarks", data=typed)
    assert answer.status_code == 422
    assert "These words are not in this text" in answer.text
    assert "summer tests" in answer.text
    assert "Which summer, please?" in answer.text
    assert db.scalars(select(Remark)).all() == []


def test_a_changed_text_is_not_approved(app: Flask, db: Any, proposal: Proposal) -> None:
    answer = browser(app, rows.ravi()).post(f"/review/{proposal.id}/decision", data={"decision": "approved", "content_hash": "old"})
    assert answer.status_code == 409
    assert db.scalars(select(Review)).all() == []


def test_two_reviewers_do_not_collide(app: Flask, proposal: Proposal) -> None:
    first, second = browser(app, rows.ravi()), browser(app, rows.person("Rosa", "reviewer"))
    first.post(f"/review/{proposal.id}/claim")
    assert second.post(f"/review/{proposal.id}/claim").status_code == 409
    assert "Ravi is reviewing this right now" in second.get(f"/review/{proposal.id}").text
    first.post(f"/review/{proposal.id}/release")
    assert second.post(f"/review/{proposal.id}/claim").status_code == 303


def test_hostile_text_stays_text(app: Flask, db: Any) -> None:
    hostile = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"
    page = browser(app, rows.ravi()).get(f"/review/{rows.proposal(rows.edda(), texts={'en': hostile}).id}").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;img src=x" in page


def test_a_foreign_remark_cannot_be_thrown_away(app: Flask, db: Any, proposal: Proposal) -> None:
    ravi, rosa = browser(app, rows.ravi()), browser(app, rows.person("Rosa", "reviewer"))
    ravi.post(f"/review/{proposal.id}/remarks", data={"language": "en", "message": "Mine"})
    remark = db.scalars(select(Remark)).one()
    assert rosa.post(f"/review/{proposal.id}/remarks/{remark.id}/discard").status_code == 404
    assert db.scalars(select(Remark.message)).all() == ["Mine"]


def test_why_it_was_declined_is_for_its_author_and_whoever_wrote_it(app: Flask, proposal: Proposal) -> None:
    ravi, rosa = browser(app, rows.ravi()), browser(app, rows.person("Rosa", "reviewer"))
    ravi.post(f"/review/{proposal.id}/decision", data={"decision": "declined", "message": "A kind no", "content_hash": hash_of(proposal)})
    assert ["A kind no" in one.get(f"/review/{proposal.id}").text for one in (ravi, rosa)] == [True, False]


def test_the_service_target_is_seen(app: Flask, db: Any, proposal: Proposal) -> None:
    ravi = browser(app, rows.ravi())
    fresh = [ravi.get(path).text for path in ("/review", f"/review/{proposal.id}")]
    assert [page.count("Answer by ") for page in fresh] == [1, 1]
    db.get_one(Proposal, proposal.id).submitted_at = now() - timedelta(days=8)
    db.commit()
    late = ravi.get("/review").text
    assert ("Waits longer than a working day" in late, "Answer by " in late) == (True, False)


def test_the_wished_time_is_seen_in_the_queue_and_beside_the_text(app: Flask, db: Any, proposal: Proposal) -> None:
    soon = (now() + timedelta(days=2)).replace(hour=12)  # the same day wherever Ravi is
    proposal.wished_from, proposal.wished_until = soon, soon + timedelta(days=9)
    db.commit()
    ravi, first, last = browser(app, rows.ravi()), soon, soon + timedelta(days=9)
    with app.test_request_context():
        short, long = ([format_date(day, form, rebase=False) for day in (first, last)] for form in ("medium", "long"))
    queue, sheet = ravi.get("/review").text, ravi.get(f"/review/{proposal.id}").text
    assert all(f"Wished from {short[0]} until {short[1]}" in page for page in (queue, sheet))
    assert f"it can be shared from {long[0]} until {long[1]}." in sheet
    answer = ravi.post(
        f"/review/{proposal.id}/decision", data={"decision": "approved", "content_hash": hash_of(proposal)}, follow_redirects=True
    )
    assert f"From {long[0]} on it is on the home page" in answer.text


def test_lists_break_off_at_a_whole_word(app: Flask, db: Any) -> None:
    rows.proposal(rows.edda(), text="We asked them. " * 40)
    rows.post(rows.edda(), rows.ravi(), text="They answered. " * 40)
    ravi = browser(app, rows.ravi())
    for path, end in (("/review", "We asked…"), ("/review/posts", "They answered…")):
        page = ravi.get(path).text
        assert end in page
        assert "..." not in page


def test_live_posts_say_the_day_until_which_they_can_be_shared(app: Flask, db: Any) -> None:
    ravi = rows.ravi()
    post = rows.post(rows.edda(), ravi)
    post.share_until = datetime(2031, 5, 12, 10, tzinfo=UTC)
    db.flush()
    assert ">May 12, 2031</time>" in browser(app, ravi).get("/review/posts").text


def test_a_wording_names_its_network(app: Flask, db: Any) -> None:
    wording = {"language": "en", "network": "linkedin", "text": "Shorter"}
    shown = browser(app, rows.ravi()).get(f"/review/{rows.proposal(rows.edda(), variants=[wording]).id}").text
    assert " LinkedIn · English" in shown


def test_withdrawing_needs_a_reason_and_ends_the_post(app: Flask, db: Any) -> None:
    ravi = rows.ravi()
    post, client = rows.post(rows.edda(), ravi), browser(app, ravi)
    assert client.post(f"/review/posts/{post.id}/withdraw", data={"reason": " "}).status_code == 422
    assert client.post(f"/review/posts/{post.id}/withdraw", data={"reason": "Wrong figure"}).status_code == 303
    assert db.scalars(select(Post.state)).all() == ["withdrawn"]


@pytest.mark.parametrize("bad", ["not-a-day", "2027-13-40", "12.05.2027", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_gets_a_sentence(app: Flask, proposal: Proposal, bad: str) -> None:
    form = {"decision": "approved", "content_hash": hash_of(proposal), "share_until": bad}
    answer = browser(app, rows.ravi()).post(f"/review/{proposal.id}/decision", data=form)
    assert answer.status_code == 422
    assert "Write the day as year, month, day" in answer.text
