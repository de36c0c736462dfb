"""Answers: a remark is answered, or its wording taken over exactly where it was meant."""

from typing import Any

import pytest
from sqlalchemy import select

from app.audit.models import Event
from app.editorial import answers, drafts
from app.editorial import content as contents
from app.editorial.models import Proposal
from app.errors import Invalid, Missing, Stale
from app.notices.models import Notice
from tests import rows
from tests.editorial import builders

pytestmark = pytest.mark.usefixtures("db")


def only_proposal(db: Any) -> Proposal:
    """The one proposal of a test."""
    found: Proposal = db.scalars(select(Proposal)).one()
    return found


def retype(db: Any, text: str) -> None:
    """The author goes on writing."""
    proposal = only_proposal(db)
    content = contents.of(proposal.draft)
    drafts.write(proposal, contents.Content(**{**content, "texts": {**content["texts"], "en": text}}))


def test_a_suggestion_is_taken_over_as_the_authors_edit(db: Any) -> None:
    edda = rows.edda()
    remark = builders.sent_back(edda, rows.ravi())
    version = only_proposal(db).draft_version
    answers.accept(remark.id, edda)
    answers.accept(remark.id, edda)
    proposal = only_proposal(db)
    assert contents.of(proposal.draft)["texts"]["en"] == builders.TEXT.replace("42 winter tests", "42 tests at −20 °C")
    assert (remark.state, proposal.draft_version) == ("accepted", version + 1)
    assert db.scalars(select(Event.actor_id).where(Event.verb == "reworded")).all() == [edda.id]


def test_the_passage_is_found_after_other_edits(db: Any) -> None:
    edda = rows.edda()
    remark = builders.sent_back(edda, rows.ravi())
    retype(db, "Hello. " + builders.TEXT)
    answers.accept(remark.id, edda)
    assert "Hello. Our new pump ran through 42 tests at −20 °C." in contents.of(only_proposal(db).draft)["texts"]["en"]


def test_a_changed_passage_is_not_guessed(db: Any) -> None:
    edda = rows.edda()
    remark = builders.sent_back(edda, rows.ravi())
    retype(db, "Our new pump ran through 43 winter tests.")
    with pytest.raises(Stale):
        answers.accept(remark.id, edda)
    assert (remark.state, contents.of(only_proposal(db).draft)["texts"]["en"]) == ("open", "Our new pump ran through 43 winter tests.")


def test_a_remark_without_a_wording_cannot_be_taken_over() -> None:
    edda = rows.edda()
    remark = builders.sent_back(edda, rows.ravi(), replacement=None)
    with pytest.raises(Invalid):
        answers.accept(remark.id, edda)


def test_an_answer_is_kept_and_told(db: Any) -> None:
    edda, ravi = rows.edda(), rows.ravi()
    remark = builders.sent_back(edda, ravi)
    answers.answer(remark.id, edda, " In the lab.\r\n")
    answers.answer(remark.id, edda, "In the lab in Kiel.")
    assert (remark.state, remark.answer) == ("answered", "In the lab in Kiel.")
    kinds = db.scalars(select(Notice.kind).where(Notice.user_id == ravi.id).order_by(Notice.id)).all()
    assert kinds == ["review_wanted", "remark_answered", "remark_answered"]


@pytest.mark.parametrize("text", ["", " \x00 ", "x" * 2001])
def test_an_answer_has_words_and_an_end(text: str) -> None:
    edda = rows.edda()
    remark = builders.sent_back(edda, rows.ravi())
    with pytest.raises(Invalid) as refused:
        answers.answer(remark.id, edda, text)
    assert refused.value.field == f"answer-{remark.id}"


def test_remarks_on_others_proposals_and_unsent_ones_are_missing() -> None:
    edda, ravi, other = rows.edda(), rows.ravi(), rows.person("Emma", "expert")
    remark = builders.sent_back(edda, ravi)
    for person in (other, ravi):
        with pytest.raises(Missing):
            answers.answer(remark.id, person, "Mine")
        with pytest.raises(Missing):
            answers.accept(remark.id, person)
    remark.review_id = None
    with pytest.raises(Missing):
        answers.accept(remark.id, edda)


def test_nothing_is_answered_while_the_reviewers_have_it(db: Any) -> None:
    edda = rows.edda()
    remark = builders.sent_back(edda, rows.ravi())
    only_proposal(db).state = "submitted"
    with pytest.raises(Stale):
        answers.answer(remark.id, edda, "Too late")
    with pytest.raises(Stale):
        answers.accept(remark.id, edda)
