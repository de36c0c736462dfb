"""Proposals: submitted to the reviewers, withdrawn, listed, and where each one stands."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Select, exists, func, select
from sqlalchemy.orm import joinedload, selectinload

from app.audit.moves import move
from app.clock import now
from app.db import session
from app.editorial import claims, completeness, drafts, queue, revisions
from app.editorial import content as contents
from app.editorial.models import Proposal, ProposalState, Remark, Review, Revision
from app.editorial.service_target import service_target
from app.errors import Forbidden, Invalid, Stale, _
from app.guidelines.models import GuidelineVersion
from app.notices.tell import tell, tell_all
from app.people.models import Role, User

PAGE = 20


def submit(author: User, proposal_id: uuid.UUID, *, basis: int) -> Proposal:
    """Freeze the draft into the next revision and ask the reviewers; doing it twice is doing it once.

    Raises Invalid with the first thing that is missing, Conflict when the draft is newer than the window that submits (`basis`).
    """
    proposal = drafts.mine(author, proposal_id, lock=True)
    if not author.may_propose:
        raise Forbidden(_("You cannot propose posts at the moment. Ask an admin; your text is kept."))
    if proposal.state == ProposalState.SUBMITTED:
        return proposal
    drafts.must_be_editable(proposal)
    if proposal.draft_version != basis:
        raise drafts.Conflict(proposal)
    for gap in gaps(author, proposal):
        raise gap
    content, content_hash = revisions.frozen(proposal)
    _must_be_different(proposal, content_hash)
    revision = revisions.freeze(proposal, content, content_hash)
    move(proposal, ProposalState.SUBMITTED.value, by=author.id, revision=revision.number, hash=content_hash)
    proposal.submitted_at = now()
    proposal.claimed_by_id = proposal.claimed_until = None
    _tell_reviewers(proposal, author, content)
    return proposal


def gaps(author: User, proposal: Proposal) -> list[completeness.Gap]:
    """Everything that the draft still needs, by the author's calendar."""
    return completeness.gaps(contents.of(proposal.draft), today=now().astimezone(ZoneInfo(author.time_zone)).date())


def submitted_as(author: User, proposal_id: uuid.UUID, content: contents.Content) -> bool:
    """Whether just this was handed in before: a double click. What the server filled in itself makes no difference."""
    found = session.scalars(select(Proposal).where(Proposal.id == proposal_id, Proposal.author_id == author.id)).one_or_none()
    waits = found is not None and found.state == ProposalState.SUBMITTED
    return waits and found is not None and _as_typed(contents.of(found.draft)) == _as_typed(content)


def _as_typed(content: contents.Content) -> dict[str, object]:
    return {**content, "link": content["link"]["url"] if content["link"] else None}


def try_to_submit(author: User, proposal: Proposal) -> Invalid | None:
    """Submit what was just saved; what is missing comes back instead of being raised, so that the save is kept."""
    try:
        submit(author, proposal.id, basis=proposal.draft_version)
    except Invalid as gap:
        return gap
    return None


def _must_be_different(proposal: Proposal, content_hash: str) -> None:
    """What was sent back comes again with a change, or with an answer to a remark."""
    last = proposal.revision
    if proposal.state != ProposalState.CHANGES_REQUESTED or last is None or last.content_hash != content_hash:
        return
    answered = exists().where(Remark.revision_id == last.id, Remark.review_id.is_not(None), Remark.answer.is_not(None))
    if not session.scalar(select(answered)):
        raise Invalid(
            _(
                "Nothing has changed since revision %(number)s. Change the text or answer a remark, then send it again.",
                number=last.number,
            ),
            field=f"text-{proposal.draft.get('language', 'en')}",
        )


def reviewers(but: uuid.UUID) -> list[User]:
    """Who will look at it: every active reviewer except the author."""
    wanted = select(User).where(User.roles.contains([Role.REVIEWER.value]), User.deactivated_at.is_(None), User.id != but)
    return list(session.scalars(wanted.order_by(User.name, User.id)))


def _tell_reviewers(proposal: Proposal, author: User, content: contents.Content) -> None:
    facts = {"author": author.name, "title": contents.first_words(content)}
    tell_all([one.id for one in reviewers(but=author.id)], "review_wanted", facts=facts, url=f"/review/{proposal.id}")


def withdraw(author: User, proposal_id: uuid.UUID) -> Proposal:
    """Take a proposal back before it is decided; raises Stale when it was decided already. Doing it twice is doing it once.

    Whoever was just reviewing it is told.
    """
    proposal = drafts.mine(author, proposal_id, lock=True)
    if proposal.state == ProposalState.WITHDRAWN:
        return proposal
    holder = claims.holder(proposal)
    move(proposal, ProposalState.WITHDRAWN.value, by=author.id)
    proposal.claimed_by_id = proposal.claimed_until = None
    if holder is not None:
        facts = {"author": author.name, "title": contents.first_words(contents.of(proposal.draft))}
        tell(holder.id, "proposal_withdrawn", facts=facts, url="/review")
    return proposal


@dataclass(frozen=True)
class Page:
    """One page of the author's proposals, newest first; `older` is the id after which the next page starts."""

    proposals: list[Proposal]
    places: dict[uuid.UUID, int]
    newer: bool
    older: uuid.UUID | None


FILTERS = {
    "open": ("draft", "changes_requested"),
    "waiting": ("submitted",),
    "approved": ("approved",),
    "closed": ("declined", "withdrawn"),
}


def page(author: User, *, show: str = "", before: uuid.UUID | None = None) -> Page:
    """Up to PAGE proposals of this author in two queries, and their places in the queue in one more."""
    wanted = select(Proposal).where(Proposal.author_id == author.id)
    if show in FILTERS:
        wanted = wanted.where(Proposal.state.in_(FILTERS[show]))
    if before is not None:
        wanted = wanted.where(Proposal.id < before)
    rows = list(session.scalars(wanted.options(joinedload(Proposal.topic)).order_by(Proposal.id.desc()).limit(PAGE + 1)))
    found = rows[:PAGE]
    return Page(found, places(found), before is not None, found[-1].id if len(rows) > PAGE else None)


def places(proposals: Sequence[Proposal]) -> dict[uuid.UUID, int]:
    """The place in the review queue, from 1, of those that wait in it."""
    waiting = [proposal.id for proposal in proposals if proposal.state == ProposalState.SUBMITTED]
    if not waiting:
        return {}
    rank = func.row_number().over(order_by=(queue.urgency(), Proposal.id)).label("rank")
    ranked = select(Proposal.id, rank).where(Proposal.state == ProposalState.SUBMITTED).subquery()
    return {row.id: row.rank for row in session.execute(select(ranked).where(ranked.c.id.in_(waiting)))}


def expected(proposal: Proposal) -> datetime | None:
    """Until when an answer is expected, while it waits."""
    waits = proposal.state == ProposalState.SUBMITTED and proposal.submitted_at
    return service_target(waits) if waits else None


def reviews_of(proposal_id: uuid.UUID) -> list[Review]:
    """All reviews that have left, oldest first, with reviewer, remarks and the rules they cite, in a bounded number of queries."""
    return list(session.scalars(_reviews_of(proposal_id).order_by(Review.id)))


def to_answer(author: User, proposal_id: uuid.UUID) -> Review | None:
    """The review that asked for the changes which this author is at now; none when nobody has asked for any."""
    last = _reviews_of(proposal_id).order_by(Review.id.desc()).limit(1).join(Proposal, Proposal.id == Revision.proposal_id)
    asked = last.where(Proposal.author_id == author.id, Proposal.state == ProposalState.CHANGES_REQUESTED)
    return session.scalars(asked).one_or_none()


def _reviews_of(proposal_id: uuid.UUID) -> Select[Review]:
    rules = selectinload(Review.remarks).joinedload(Remark.guideline).joinedload(GuidelineVersion.guideline)
    wanted = select(Review).join(Revision, Revision.id == Review.revision_id).where(Revision.proposal_id == proposal_id)
    return wanted.options(joinedload(Review.reviewer), rules)


def must_be_reachable(proposal: Proposal) -> None:
    """Raises Stale when nothing can be answered any more."""
    if proposal.state not in (ProposalState.CHANGES_REQUESTED, ProposalState.DRAFT):
        raise Stale(
            _("This proposal is not with you at the moment, so remarks cannot be answered. Reload the page to see where it stands.")
        )
