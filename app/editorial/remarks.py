"""Remarks: a reviewer's words on a passage, tied to a guideline. They leave together with the review."""

import uuid
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import joinedload

from app.db import session
from app.editorial.models import Remark, RemarkWeight, Revision
from app.errors import Invalid, Missing, Stale, _
from app.guidelines.models import GuidelineVersion, Severity
from app.people.models import User

CONTEXT = 32
MAX_MESSAGE = 2000

WEIGHT_OF = {
    Severity.ADVICE: RemarkWeight.SUGGESTION,
    Severity.MUST_FIX: RemarkWeight.MUST_FIX,
    Severity.BLOCKER: RemarkWeight.BLOCKER,
}


@dataclass(frozen=True)
class Passage:
    """A place in a revision's text of one language: code points `start` to `end`. An empty passage means the whole text."""

    language: str
    start: int = 0
    end: int = 0


def unsent(revision_id: uuid.UUID, reviewer_id: uuid.UUID) -> list[Remark]:
    """This reviewer's remarks that have not left yet, in the order of the text."""
    mine = select(Remark).where(Remark.revision_id == revision_id, Remark.reviewer_id == reviewer_id, Remark.review_id.is_(None))
    rule = joinedload(Remark.guideline).joinedload(GuidelineVersion.guideline)
    return list(session.scalars(mine.order_by(Remark.language, Remark.start, Remark.id).options(rule)))


def add(
    revision: Revision,
    reviewer: User,
    *,
    passage: Passage,
    quote: str,
    message: str,
    guideline: GuidelineVersion | None = None,
    replacement: str | None = None,
) -> Remark:
    """Write a remark; raises Invalid without words, or when the quoted passage is not in this revision.

    A remark weighs as much as the rule that it cites; without a rule it is a suggestion.
    """
    message = message.strip()
    if not message and not replacement:
        raise Invalid(_("Write what you mean, or suggest another wording."), field="message")
    if len(message) > MAX_MESSAGE:
        raise Invalid(_("A remark can have 2,000 characters. Shorten it a little."), field="message")
    remark = Remark(
        revision_id=revision.id,
        reviewer_id=reviewer.id,
        guideline_version_id=guideline.id if guideline else None,
        weight=(WEIGHT_OF[Severity(guideline.severity)] if guideline else RemarkWeight.SUGGESTION).value,
        message=message,
        replacement=replacement if replacement and replacement != quote else None,
        **anchor(revision, passage, quote),
    )
    session.add(remark)
    return remark


def anchor(revision: Revision, passage: Passage, quote: str) -> dict[str, str | int]:
    """The columns that find the passage again: exact quote, its surroundings, its offsets."""
    body = revision.content.get("texts", {}).get(passage.language)
    if body is None:
        raise Stale(_("This revision has no text in that language. Reload the page."))
    start, end = passage.start, passage.end
    if not quote:
        return {"language": passage.language, "start": 0, "end": 0}
    if body[start:end] != quote:
        start = body.find(quote)
        end = start + len(quote)
        if start < 0:
            raise Invalid(_("These words are not in this text. Mark them in it, or leave the field empty."), field="quote")
    return {
        "language": passage.language,
        "quote": quote,
        "prefix": body[max(0, start - CONTEXT) : start],
        "suffix": body[end : end + CONTEXT],
        "start": start,
        "end": end,
    }


def discard(remark_id: uuid.UUID, reviewer: User) -> None:
    """Throw away a remark that has not left yet; raises Missing when there is no such remark of this reviewer."""
    gone = session.execute(
        delete(Remark).where(Remark.id == remark_id, Remark.reviewer_id == reviewer.id, Remark.review_id.is_(None)).returning(Remark.id)
    ).first()
    if gone is None:
        raise Missing(_("That remark has already been sent or removed."))
