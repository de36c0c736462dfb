"""Tables of the editorial rooms: proposals, revisions, reviews, remarks, posts.

`content` is the same JSON everywhere (app/editorial/content.py describes and checks it). A revision and a post carry its SHA-256, and the
foreign keys below carry that hash from the revision through the review to the post: what was approved is what is shared, to the character.
"""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.audit.moves import Moves
from app.clock import now
from app.db import Base, Created, Id, Json
from app.guidelines.models import GuidelineVersion
from app.people.models import Topic, User, UserId


class ProposalState(StrEnum):
    """Where a proposal stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


class Proposal(Base):
    """An expert's text on its way to approval.

    What is being typed lives in `draft`; `draft_version` goes up with every save, so that two tabs cannot overwrite each other silently.
    Submitting freezes the draft into a numbered revision. `claimed_by` holds the proposal for one reviewer until `claimed_until`.
    """

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'submitted', 'changes_requested', 'approved', 'declined', 'withdrawn')", name="state"),
        CheckConstraint("state = 'draft' OR state = 'withdrawn' OR revision_id IS NOT NULL", name="has_revision"),
        UniqueConstraint("id", "author_id"),
        Index("ix_proposals_author_id_id", "author_id", "id"),
        Index("ix_proposals_queue", "submitted_at", "id", postgresql_where=text("state = 'submitted'")),
        ForeignKeyConstraint(["revision_id"], ["revisions.id"], use_alter=True, name="fk_proposals_revision_id"),
    )
    MOVES: ClassVar[Moves] = {
        "draft": frozenset({"submitted", "withdrawn"}),
        "submitted": frozenset({"changes_requested", "approved", "declined", "withdrawn"}),
        "changes_requested": frozenset({"submitted", "withdrawn"}),
        "withdrawn": frozenset({"draft"}),
        "approved": frozenset[str](),
        "declined": frozenset[str](),
    }
    id: Mapped[Id]
    author_id: Mapped[UserId]
    state: Mapped[str] = mapped_column(default=ProposalState.DRAFT.value)
    draft: Mapped[Json] = mapped_column(default=dict)
    draft_version: Mapped[int] = mapped_column(default=1)
    draft_saved_at: Mapped[datetime] = mapped_column(default=now)
    topic_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("topics.id"))
    revision_id: Mapped[uuid.UUID | None]
    created_at: Mapped[Created]
    submitted_at: Mapped[datetime | None]
    wished_from: Mapped[datetime | None]
    wished_until: Mapped[datetime | None]
    claimed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    claimed_until: Mapped[datetime | None]

    author: Mapped[User] = relationship(foreign_keys="Proposal.author_id")
    claimed_by: Mapped[User | None] = relationship(foreign_keys="Proposal.claimed_by_id")
    topic: Mapped[Topic | None] = relationship()
    revision: Mapped["Revision | None"] = relationship(foreign_keys="Proposal.revision_id", post_update=True)


class Revision(Base):
    """One numbered state of a proposal, never changed once written (a trigger refuses it)."""

    __tablename__ = "revisions"
    __table_args__ = (
        UniqueConstraint("proposal_id", "number"),
        UniqueConstraint("id", "author_id", "editor_id", "content_hash"),
        ForeignKeyConstraint(["proposal_id", "author_id"], ["proposals.id", "proposals.author_id"]),
    )
    id: Mapped[Id]
    proposal_id: Mapped[uuid.UUID]
    number: Mapped[int]
    author_id: Mapped[UserId]
    editor_id: Mapped[UserId]
    content: Mapped[Json]
    content_hash: Mapped[str]
    created_at: Mapped[Created]

    proposal: Mapped[Proposal] = relationship(primaryjoin="Revision.proposal_id == Proposal.id", foreign_keys="Revision.proposal_id")
    author: Mapped[User] = relationship(foreign_keys="Revision.author_id")
    editor: Mapped[User] = relationship(foreign_keys="Revision.editor_id")


class Decision(StrEnum):
    """What a review says."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    DECLINED = "declined"


class Review(Base):
    """One decision by one reviewer on one revision. The database refuses an approval by the author or the last editor."""

    __tablename__ = "reviews"
    __table_args__ = (
        ForeignKeyConstraint(
            ["revision_id", "author_id", "editor_id", "content_hash"],
            ["revisions.id", "revisions.author_id", "revisions.editor_id", "revisions.content_hash"],
        ),
        CheckConstraint("decision IN ('approved', 'changes_requested', 'declined')", name="decision"),
        CheckConstraint("decision <> 'approved' OR (reviewer_id <> author_id AND reviewer_id <> editor_id)", name="four_eyes"),
        CheckConstraint("decision <> 'declined' OR length(message) > 0", name="reason"),
        UniqueConstraint("id", "decision", "revision_id", "content_hash"),
        Index("ix_reviews_revision_id", "revision_id"),
    )
    id: Mapped[Id]
    revision_id: Mapped[uuid.UUID]
    author_id: Mapped[uuid.UUID]
    editor_id: Mapped[uuid.UUID]
    content_hash: Mapped[str]
    reviewer_id: Mapped[UserId]
    decision: Mapped[str]
    message: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Created]

    reviewer: Mapped[User] = relationship(foreign_keys="Review.reviewer_id")
    revision: Mapped[Revision] = relationship(primaryjoin="Review.revision_id == Revision.id", foreign_keys="Review.revision_id")
    remarks: Mapped[list["Remark"]] = relationship(back_populates="review", order_by="Remark.id")


class RemarkWeight(StrEnum):
    """How much a remark weighs: never more than the rule it cites."""

    SUGGESTION = "suggestion"
    MUST_FIX = "must_fix"
    BLOCKER = "blocker"


class Remark(Base):
    """A reviewer's words on one passage. Until it is sent with a review, `review_id` is empty and only its writer sees it.

    The passage is kept as an exact quote with up to 32 characters before and after, and offsets in code points, in the revision's text of
    that language. Without a guideline a remark can only be a suggestion.
    """

    __tablename__ = "remarks"
    __table_args__ = (
        CheckConstraint("weight IN ('suggestion', 'must_fix', 'blocker')", name="weight"),
        CheckConstraint("guideline_version_id IS NOT NULL OR weight = 'suggestion'", name="rule_or_suggestion"),
        CheckConstraint("state IN ('open', 'accepted', 'answered')", name="state"),
        Index("ix_remarks_revision_id_id", "revision_id", "id"),
    )
    MOVES: ClassVar[Moves] = {
        "open": frozenset({"accepted", "answered"}),
        "answered": frozenset({"accepted", "answered"}),
        "accepted": frozenset[str](),
    }
    id: Mapped[Id]
    revision_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("revisions.id"))
    review_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("reviews.id"), index=True)
    reviewer_id: Mapped[UserId]
    guideline_version_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("guideline_versions.id"))
    weight: Mapped[str] = mapped_column(default=RemarkWeight.SUGGESTION.value)
    language: Mapped[str]
    quote: Mapped[str] = mapped_column(default="")
    prefix: Mapped[str] = mapped_column(default="")
    suffix: Mapped[str] = mapped_column(default="")
    start: Mapped[int] = mapped_column(default=0)
    end: Mapped[int] = mapped_column(default=0)
    message: Mapped[str]
    replacement: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="open")
    answer: Mapped[str | None]
    created_at: Mapped[Created]

    review: Mapped[Review | None] = relationship(back_populates="remarks")
    reviewer: Mapped[User] = relationship(foreign_keys="Remark.reviewer_id")
    guideline: Mapped[GuidelineVersion | None] = relationship()


# Posts that can be shared for so long that the home page must look for them in the past.
LONG_LIVED = "share_until - approved_at > interval '90 days'"


class Post(Base):
    """Approved content, frozen by copy from exactly one revision; it can be shared from `share_from` until `share_until`."""

    __tablename__ = "posts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["review_id", "review_decision", "revision_id", "content_hash"],
            ["reviews.id", "reviews.decision", "reviews.revision_id", "reviews.content_hash"],
        ),
        CheckConstraint("review_decision = 'approved'", name="approved"),
        CheckConstraint("state IN ('live', 'withdrawn')", name="state"),
        CheckConstraint("share_from < share_until", name="window"),
        Index("ix_posts_feed", "topic_id", "approved_at", "id", postgresql_where=text("state = 'live'")),
        Index(
            "ix_posts_long_lived",
            *("topic_id", "approved_at", "id"),
            postgresql_include=["share_from", "share_until"],
            postgresql_where=text(f"state = 'live' AND {LONG_LIVED}"),
        ),
        Index("ix_posts_author_id_id", "author_id", "id"),
        Index("ix_posts_content", "content", postgresql_using="gin", postgresql_ops={"content": "jsonb_path_ops"}),
    )
    MOVES: ClassVar[Moves] = {"live": frozenset({"withdrawn"}), "withdrawn": frozenset[str]()}
    id: Mapped[Id]
    proposal_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("proposals.id"), unique=True)
    revision_id: Mapped[uuid.UUID]
    review_id: Mapped[uuid.UUID] = mapped_column(unique=True)
    review_decision: Mapped[str] = mapped_column(default=Decision.APPROVED.value)
    content_hash: Mapped[str]
    author_id: Mapped[UserId]
    topic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("topics.id"))
    content: Mapped[Json]
    state: Mapped[str] = mapped_column(default="live")
    approved_at: Mapped[datetime] = mapped_column(default=now)
    share_from: Mapped[datetime]
    share_until: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]

    author: Mapped[User] = relationship()
    topic: Mapped[Topic] = relationship()
    review: Mapped[Review] = relationship(primaryjoin="Post.review_id == Review.id", foreign_keys="Post.review_id")
    variants: Mapped[list["Variant"]] = relationship(order_by="Variant.position")


class Variant(Base):
    """One wording of a post, for one language and perhaps for one network. Position 0 of a language is the main text."""

    __tablename__ = "variants"
    __table_args__ = (
        UniqueConstraint("post_id", "language", "network", "position", postgresql_nulls_not_distinct=True),
        UniqueConstraint("id", "post_id"),
    )
    id: Mapped[Id]
    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id"), index=True)
    language: Mapped[str]
    network: Mapped[str | None]
    position: Mapped[int] = mapped_column(default=0)
    text: Mapped[str]
