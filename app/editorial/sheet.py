"""What a reviewer sees of one proposal: the text with its marked passages, and what was said before."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

import config
from app.db import session
from app.editorial import claims, posts, remarks
from app.editorial.disclosures import disclosure
from app.editorial.models import Proposal, ProposalState, Remark, Review, Revision
from app.errors import Missing, _
from app.guidelines.models import GuidelineVersion
from app.people.models import User, followed_topics


@dataclass(frozen=True)
class Sheet:
    """One language of a revision, laid out for a reviewer."""

    revision: Revision
    language: str
    languages: list[str]
    text: str
    disclosure: str
    segments: list[tuple[str, int | None]]
    remarks: list[Remark]
    earlier: list[Review]
    wordings: list[dict[str, Any]]
    readers: int
    window: posts.Window
    claimed_by: User | None
    own: bool
    open: bool


def find(proposal_id: uuid.UUID) -> Proposal:
    """A submitted proposal with all that a reviewer needs; raises Missing for drafts, which are private."""
    everything = (
        joinedload(Proposal.author),
        joinedload(Proposal.topic),
        joinedload(Proposal.revision),
        joinedload(Proposal.claimed_by),
    )
    found = session.scalars(select(Proposal).where(Proposal.id == proposal_id).options(*everything)).one_or_none()
    if found is None or found.revision is None:
        raise Missing(_("There is no such proposal, or it has not been submitted."))
    return found


def lay_out(proposal: Proposal, reviewer: User, language: str) -> Sheet:
    """The sheet of a proposal's present revision, in that language or the one it was written in."""
    revision = proposal.revision
    if revision is None:
        raise Missing(_("There is no such proposal, or it has not been submitted."))
    texts = {key: text for key, text in revision.content.get("texts", {}).items() if text}
    language = language if language in texts else revision.content.get("language", "en")
    own_remarks = remarks.unsent(revision.id, reviewer.id)
    here = [remark for remark in own_remarks if remark.language == language]
    return Sheet(
        revision=revision,
        language=language,
        languages=list(texts),
        text=texts.get(language, ""),
        disclosure=disclosure(language, None, config.settings().company),
        segments=segments(texts.get(language, ""), here),
        remarks=own_remarks,
        earlier=earlier_reviews(proposal),
        wordings=[one for one in posts.wordings(revision.content) if one["network"] or one["position"]],
        readers=readers(proposal),
        window=posts.wished_window(proposal),
        claimed_by=claims.holder(proposal),
        own=reviewer.id in (revision.author_id, revision.editor_id),
        open=proposal.state == ProposalState.SUBMITTED,
    )


def segments(text: str, marked: list[Remark]) -> list[tuple[str, int | None]]:
    """The text cut at its marked passages, numbered from 1; where two overlap, the first keeps the shared words."""
    pieces: list[tuple[str, int | None]] = []
    reached = 0
    for number, remark in enumerate(marked, 1):
        start, end = max(remark.start, reached), remark.end
        if end <= start:
            continue
        pieces += [(text[reached:start], None), (text[start:end], number)]
        reached = end
    return [piece for piece in [*pieces, (text[reached:], None)] if piece[0]]


def earlier_reviews(proposal: Proposal) -> list[Review]:
    """What was decided on this proposal before, oldest first, with remarks and their rules."""
    rule = selectinload(Review.remarks).joinedload(Remark.guideline).joinedload(GuidelineVersion.guideline)
    said = select(Review).join(Revision, Review.revision_id == Revision.id).where(Revision.proposal_id == proposal.id)
    return list(session.scalars(said.options(rule, joinedload(Review.reviewer)).order_by(Review.id)))


def readers(proposal: Proposal) -> int:
    """How many people follow the topic and would see the post."""
    counted = (
        select(func.count())
        .select_from(followed_topics.join(User))
        .where(followed_topics.c.topic_id == proposal.topic_id, User.deactivated_at.is_(None))
    )
    return session.scalar(counted) or 0
