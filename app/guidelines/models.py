"""Tables of the rulebook."""

import uuid
from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.db import Base, Created, Id, Json
from app.people.models import UserId


class Severity(StrEnum):
    """How much a rule weighs; only a blocker stops a post."""

    ADVICE = "advice"
    MUST_FIX = "must_fix"
    BLOCKER = "blocker"


class Guideline(Base):
    """One numbered rule. Its number is never used again; its words live in versions."""

    __tablename__ = "guidelines"
    id: Mapped[Id]
    number: Mapped[int] = mapped_column(unique=True)
    retired_at: Mapped[datetime | None]
    current_version: Mapped[int] = mapped_column(default=1)

    versions: Mapped[list["GuidelineVersion"]] = relationship(back_populates="guideline", order_by="GuidelineVersion.version")

    @property
    def code(self) -> str:
        """How people cite it: G-07."""
        return f"G-{self.number:02d}"


class GuidelineVersion(Base):
    """One wording of a rule, never changed once written.

    `texts` is {"en": {"title", "why", "do", "dont", "good", "bad"}, "de": {...}}. `edition` is the edition of the rulebook in
    which this version came into force: a version that matters (a must-fix or blocker whose why, do or don't changed) opens a
    new edition, and people acknowledge editions.
    """

    __tablename__ = "guideline_versions"
    __table_args__ = (
        UniqueConstraint("guideline_id", "version"),
        CheckConstraint("severity IN ('advice', 'must_fix', 'blocker')", name="severity"),
        Index("ix_guideline_versions_edition", "edition"),
    )
    id: Mapped[Id]
    guideline_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("guidelines.id"))
    version: Mapped[int]
    severity: Mapped[str]
    texts: Mapped[Json]
    edition: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Created]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))

    guideline: Mapped[Guideline] = relationship(back_populates="versions")

    @property
    def code(self) -> str:
        """How people cite this wording: G-07 v3."""
        return f"{self.guideline.code} v{self.version}"


class Acknowledgement(Base):
    """A person has read an edition of the rulebook."""

    __tablename__ = "acknowledgements"
    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
