"""What an author does with a remark: answer it, or take over the suggested wording."""

import uuid

from sqlalchemy import select

from app.audit.events import record
from app.audit.moves import move
from app.db import session
from app.editorial import content as contents
from app.editorial import drafts, proposals
from app.editorial.cleaning import clean_text
from app.editorial.models import Proposal, Remark, Revision
from app.editorial.passages import find_again
from app.errors import Invalid, Missing, Stale, _
from app.notices.tell import tell
from app.people.models import User

MAX_ANSWER = 2000


def find(author: User, remark_id: uuid.UUID) -> tuple[Remark, Proposal]:
    """A remark that was sent on this author's own proposal, both rows locked; raises Missing for any other."""
    wanted = select(Remark, Revision.proposal_id).join(Revision, Revision.id == Remark.revision_id)
    wanted = wanted.where(Remark.id == remark_id, Remark.review_id.is_not(None), Revision.author_id == author.id)
    found = session.execute(wanted).one_or_none()
    if found is None:
        raise Missing(_("There is no such remark on a proposal of yours."))
    proposal = drafts.mine(author, found.proposal_id, lock=True)
    session.refresh(found.Remark, with_for_update=True)
    return found.Remark, proposal


def answer(remark_id: uuid.UUID, author: User, text: str) -> Remark:
    """Write or replace the author's answer, and tell the reviewer.

    Raises Invalid without words, Stale when the remark is done or the proposal is not with the author.
    """
    remark, proposal = find(author, remark_id)
    words = clean_text(text)
    if not words:
        raise Invalid(_("Write a few words, so that the reviewer knows what you think."), field=f"answer-{remark.id}")
    if len(words) > MAX_ANSWER:
        raise Invalid(_("An answer can have 2,000 characters. Shorten it a little."), field=f"answer-{remark.id}")
    proposals.must_be_reachable(proposal)
    move(remark, "answered", by=author.id)
    remark.answer = words
    facts = {"author": author.name, "title": contents.first_words(contents.of(proposal.draft))}
    tell(remark.reviewer_id, "remark_answered", facts=facts, url=f"/review/{proposal.id}")
    return remark


def accept(remark_id: uuid.UUID, author: User) -> Remark:
    """Put the suggested wording into the draft, as the author's own edit; doing it twice is doing it once.

    Raises Stale when the passage has changed since: then nothing is guessed and nothing is changed.
    """
    remark, proposal = find(author, remark_id)
    if remark.state == "accepted":
        return remark
    proposals.must_be_reachable(proposal)
    if remark.replacement is None or not remark.quote:
        raise Invalid(_("This remark suggests no other wording. Change the text yourself, or answer it."))
    drafts.must_be_editable(proposal)
    content = contents.of(proposal.draft)
    content["texts"] = {**content["texts"], remark.language: replaced(content["texts"].get(remark.language, ""), remark)}
    drafts.write(proposal, content)
    move(remark, "accepted", by=author.id)
    record("reworded", "proposals", proposal.id, by=author.id, remark=str(remark.id), draft_version=proposal.draft_version)
    return remark


def replaced(text: str, remark: Remark) -> str:
    """The text with the suggested wording in place of the marked passage; raises Stale when that passage is not there any more."""
    place = find_again(text, remark.quote, prefix=remark.prefix, suffix=remark.suffix, start=remark.start)
    if place is None:
        raise Stale(_("The marked words have changed since the remark was written, so we did not guess. Put the suggestion in by hand."))
    return clean_text(text[:place] + (remark.replacement or "") + text[place + len(remark.quote) :])


def passage_is_there(text: str, remark: Remark) -> bool:
    """Whether the suggestion can be taken over with one key."""
    place = find_again(text, remark.quote, prefix=remark.prefix, suffix=remark.suffix, start=remark.start)
    return remark.replacement is not None and place is not None
