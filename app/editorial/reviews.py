"""Reviews: one decision by one reviewer on one revision, with all its remarks."""

from sqlalchemy import update

from app.audit.events import record
from app.audit.moves import move
from app.clock import now
from app.db import lock, session
from app.editorial import claims, content, posts, remarks
from app.editorial.models import Decision, Proposal, ProposalState, Remark, RemarkWeight, Review, Revision
from app.errors import Forbidden, Invalid, Stale, _
from app.notices.tell import tell
from app.people.models import User

NOTICE_OF = {
    Decision.APPROVED: "proposal_approved",
    Decision.CHANGES_REQUESTED: "changes_requested",
    Decision.DECLINED: "proposal_declined",
}


def review(
    proposal: Proposal,
    reviewer: User,
    decision: Decision,
    *,
    content_hash: str,
    message: str = "",
    window: posts.Window | None = None,
) -> Review:
    """Decide on the revision that the reviewer saw (`content_hash`) and send all remarks with it.

    Raises Stale when the text has changed or was decided meanwhile, Forbidden on one's own text, Invalid when something is missing.
    """
    lock(proposal)
    revision = _present_revision(proposal, content_hash)
    _must_be_free(proposal, reviewer)
    own_remarks = remarks.unsent(revision.id, reviewer.id)
    message = message.strip()
    _must_be_complete(decision, message, own_remarks)
    if decision is Decision.APPROVED:
        _must_be_four_eyes(revision, reviewer)
    written = _write(revision, reviewer, decision, message)
    move(proposal, decision.value, by=reviewer.id, revision=revision.number)
    proposal.claimed_by_id = proposal.claimed_until = None
    kind = NOTICE_OF[decision]
    if decision is Decision.APPROVED:
        post = posts.freeze(proposal, written, window or posts.wished_window(proposal))
        kind = "proposal_approved_ahead" if post.share_from > now() else kind
    _tell_author(proposal, reviewer, decision, kind)
    return written


def _present_revision(proposal: Proposal, content_hash: str) -> Revision:
    revision = proposal.revision
    if proposal.state != ProposalState.SUBMITTED or revision is None:
        raise Stale(_("This proposal is no longer waiting for a review. Your remarks are kept."))
    if revision.content_hash != content_hash:
        raise Stale(_("The text has changed since you opened it. Read the new revision; your remarks on the old one are kept."))
    return revision


def _must_be_free(proposal: Proposal, reviewer: User) -> None:
    held_by = claims.holder(proposal)
    if held_by is not None and held_by.id != reviewer.id:
        raise Stale(
            _(
                "%(name)s is reviewing this right now. It is free again at the end of their half hour.",
                name=held_by.name,
            )
        )


def _must_be_complete(decision: Decision, message: str, own_remarks: list[Remark]) -> None:
    if decision is Decision.DECLINED and not message:
        raise Invalid(_("Say kindly why; only the author reads it."), field="message")
    if decision is Decision.CHANGES_REQUESTED and not message and not own_remarks:
        raise Invalid(_("Mark at least one passage, or write what should change."), field="message")
    heavy = [remark for remark in own_remarks if remark.weight != RemarkWeight.SUGGESTION]
    if decision is Decision.APPROVED and heavy:
        raise Invalid(
            _("You marked something that must be fixed first. Ask for changes, or take that remark away."),
            field="message",
        )


def _must_be_four_eyes(revision: Revision, reviewer: User) -> None:
    if reviewer.id in (revision.author_id, revision.editor_id):
        raise Forbidden(_("You wrote or last edited this text, so a colleague has to approve it."))


def _write(revision: Revision, reviewer: User, decision: Decision, message: str) -> Review:
    written = Review(
        revision_id=revision.id,
        author_id=revision.author_id,
        editor_id=revision.editor_id,
        content_hash=revision.content_hash,
        reviewer_id=reviewer.id,
        decision=decision.value,
        message=message,
    )
    session.add(written)
    session.flush()  # the remarks and the post point at it
    session.execute(
        update(Remark)
        .where(Remark.revision_id == revision.id, Remark.reviewer_id == reviewer.id, Remark.review_id.is_(None))
        .values(review_id=written.id)
    )
    return written


def _tell_author(proposal: Proposal, reviewer: User, decision: Decision, kind: str) -> None:
    record("reviewed", "proposals", proposal.id, by=reviewer.id, decision=decision.value)
    tell(
        proposal.author_id,
        kind,
        facts={"reviewer": reviewer.name, "title": content.first_words(content.of(proposal.revision.content if proposal.revision else {}))},
        url=f"/proposals/{proposal.id}",
    )
