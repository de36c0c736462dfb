"""Posts: approved content, frozen by copy from exactly one revision."""

import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from app.audit.events import record
from app.audit.moves import move
from app.clock import now
from app.db import lock, session
from app.editorial.content import first_words, of
from app.editorial.models import Post, Proposal, Review, Revision, Variant
from app.errors import Invalid, _
from app.notices.tell import tell
from app.people.models import User

# Rooms further on (sharing) put a function here to stop what has not left when a post is withdrawn, and to tell why.
WHEN_WITHDRAWN: list[Callable[[Post, User, str], None]] = []
# And one to plan what people have agreed to in advance, when a post is approved.
WHEN_APPROVED: list[Callable[[Post], object]] = []


SHARE_DAYS = 60


@dataclass(frozen=True)
class Window:
    """From when until when a post can be shared."""

    start: datetime
    end: datetime


def wished_window(proposal: Proposal) -> Window:
    """The author's wish where it lies ahead, else from now for SHARE_DAYS."""
    start = max(proposal.wished_from or now(), now())
    end = proposal.wished_until
    return Window(start, end if end and end > start else start + timedelta(days=SHARE_DAYS))


def freeze(proposal: Proposal, review: Review, window: Window) -> Post:
    """Make the post of an approval: a copy of the revision's content, and one row for every wording."""
    revision = session.get_one(Revision, review.revision_id)
    if window.end <= window.start or window.end <= now():
        raise Invalid(_("The post could never be shared in that time. Choose an end that lies ahead."), field="share_until")
    if proposal.topic_id is None:
        raise Invalid(_("This proposal has no topic, so nobody would see it. Ask the author to choose one."), field="topic")
    post = Post(
        proposal_id=proposal.id,
        revision_id=revision.id,
        review_id=review.id,
        content_hash=revision.content_hash,
        author_id=revision.author_id,
        topic_id=proposal.topic_id,
        content=revision.content,
        share_from=window.start,
        share_until=window.end,
    )
    session.add(post)
    session.flush()  # the variants point at it
    session.add_all(Variant(post_id=post.id, **wording) for wording in wordings(revision.content))
    record("frozen", "posts", post.id, by=review.reviewer_id, revision=revision.number, hash=revision.content_hash)
    for plan in WHEN_APPROVED:
        plan(post)
    return post


def wordings(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Every wording of a content: the main text of each language at position 0, then its variants."""
    found = [
        {"language": language, "network": None, "position": 0, "text": text} for language, text in content.get("texts", {}).items() if text
    ]
    for variant in content.get("variants", []):
        language, network = variant["language"], variant.get("network") or None
        position = sum(one["language"] == language and one["network"] == network for one in found)
        found.append({"language": language, "network": network, "position": position, "text": variant["text"]})
    return found


def withdraw(post: Post, by: User, *, reason: str) -> None:
    """Take a post out of sharing, and stop what has not left; the reason is read by its author and by those who shared it."""
    if not reason.strip():
        raise Invalid(_("Say in a few words why; the people who shared it will read it."), field="reason")
    lock(post)
    move(post, "withdrawn", by=by.id, reason=reason.strip())
    post.withdrawn_at = now()
    for stop in WHEN_WITHDRAWN:
        stop(post, by, reason.strip())
    facts = {"by": by.name, "title": first_words(of(post.content)), "reason": reason.strip()}
    tell(post.author_id, "own_post_withdrawn", facts=facts, url=f"/proposals/{post.proposal_id}")


def of_proposals(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Post]:
    """The posts that came of these proposals, by proposal; one query."""
    return {post.proposal_id: post for post in session.scalars(select(Post).where(Post.proposal_id.in_(ids)))}


PAGE = 30


def page(*, before: uuid.UUID | None = None) -> tuple[list[Post], uuid.UUID | None]:
    """Posts, newest first, with author and topic; and the id after which the next page starts."""
    newest = select(Post).options(joinedload(Post.author), joinedload(Post.topic)).order_by(Post.id.desc()).limit(PAGE + 1)
    found = list(session.scalars(newest if before is None else newest.where(Post.id < before)))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None
