"""Revisions: the numbered states of a proposal, never changed once written."""

import uuid
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm.attributes import set_committed_value

from app.db import session
from app.editorial import content as contents
from app.editorial.content import Content
from app.editorial.differences import Part, differences
from app.editorial.links import clean_link
from app.editorial.media_models import Media
from app.editorial.models import Proposal, Revision
from app.errors import Missing, _


def frozen(proposal: Proposal) -> tuple[Content, str]:
    """The draft as it would be frozen now, and its hash."""
    content = contents.finished(contents.of(proposal.draft))
    if content["link"]:
        content["link"] = contents.Link(**{**content["link"], "url": clean_link(content["link"]["url"])})
    return content, contents.content_hash(content, media_hashes(content))


def media_hashes(content: Content) -> dict[str, str]:
    """The SHA-256 of every picture that the content shows, by media id."""
    ids = [uuid.UUID(one) for one in contents.media_ids(content)]
    if not ids:
        return {}
    return {str(row.id): row.sha256 for row in session.execute(select(Media.id, Media.sha256).where(Media.id.in_(ids)))}


def freeze(proposal: Proposal, content: Content, content_hash: str) -> Revision:
    """Write the next revision of a proposal, by its author. The caller holds the proposal's lock."""
    last = session.scalar(select(func.max(Revision.number)).where(Revision.proposal_id == proposal.id)) or 0
    revision = Revision(
        proposal_id=proposal.id,
        number=last + 1,
        author_id=proposal.author_id,
        editor_id=proposal.author_id,
        content=dict(content),
        content_hash=content_hash,
    )
    session.add(revision)
    session.flush()  # the proposal points at it
    proposal.revision_id = revision.id
    set_committed_value(proposal, "revision", revision)
    return revision


def of_proposal(proposal_id: uuid.UUID) -> list[Revision]:
    """All revisions, the first one first."""
    return list(session.scalars(select(Revision).where(Revision.proposal_id == proposal_id).order_by(Revision.number)))


@dataclass(frozen=True, slots=True)
class Change:
    """One part of a proposal that differs: `part` is its kind, `language` and `number` say which one of them."""

    part: str
    language: str
    number: int
    parts: list[Part]


def pair(revisions: list[Revision], older: int, newer: int) -> tuple[Revision, Revision]:
    """The two revisions with these numbers; raises Missing when there is none."""
    by_number = {revision.number: revision for revision in revisions}
    if older not in by_number or newer not in by_number:
        raise Missing(_("This proposal has no such revision."))
    return by_number[older], by_number[newer]


def compare(old: Content, new: Content) -> list[Change]:
    """What differs, word by word, in the order in which readers see it."""
    before, after = _words(old), _words(new)
    keys = [*after, *(key for key in before if key not in after)]
    changes = [(key, before.get(key, ""), after.get(key, "")) for key in keys]
    return [Change(*key, differences(was, now)) for key, was, now in changes if was != now]


def _words(content: Content) -> dict[tuple[str, str, int], str]:
    """Everything that a reader can read, by kind, language and number."""
    found = {("text", language, 0): text for language, text in content["texts"].items()}
    found |= {("why", language, 0): text for language, text in content["why"].items()}
    for number, variant in enumerate(content["variants"], start=1):
        found["variant", variant["language"], number] = variant["text"]
    if link := content["link"]:
        found |= {("link", "", 0): link["url"], ("title", "", 0): link["title"], ("description", "", 0): link["description"]}
    for number, picture in enumerate(content["pictures"], start=1):
        found["picture", "", number] = picture["media_id"]
        found |= {("alt", language, number): text for language, text in picture["alt"].items()}
    days = [day or "…" for day in (content["wished_from"], content["wished_until"])]
    found["wished", "", 0] = " – ".join(days) if days != ["…", "…"] else ""
    return found
