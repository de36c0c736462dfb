"""Tables of pictures and link previews."""

import uuid
from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from app.audit.moves import Moves
from app.clock import now
from app.db import Base, Created, Id
from app.people.models import UserId


class Media(Base):
    """One picture: re-encoded by us, without the camera's data. Its bytes are in `media_files`, one row a rendition."""

    __tablename__ = "media"
    id: Mapped[Id]
    owner_id: Mapped[UserId] = mapped_column(index=True)
    sha256: Mapped[str] = mapped_column(index=True)
    mime: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    created_at: Mapped[Created]


class MediaFile(Base):
    """The bytes of one rendition: `full` is what is published, `card` what pages show."""

    __tablename__ = "media_files"
    media_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("media.id", ondelete="CASCADE"), primary_key=True)
    rendition: Mapped[str] = mapped_column(primary_key=True)
    mime: Mapped[str]
    width: Mapped[int]
    height: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary)


class LinkPreview(Base):
    """What a page says of itself, fetched by a worker: title, description, picture."""

    __tablename__ = "link_previews"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'ready', 'failed')", name="state"),
        Index("ix_link_previews_due", "due_at", postgresql_where=text("state = 'queued'")),
    )
    MOVES: ClassVar[Moves] = {
        "queued": frozenset({"ready", "failed"}),
        "failed": frozenset({"queued"}),
        "ready": frozenset({"queued"}),
    }
    id: Mapped[Id]
    url: Mapped[str] = mapped_column(unique=True)
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(default="queued")
    due_at: Mapped[datetime] = mapped_column(default=now)
    title: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    media_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("media.id"), index=True)
    problem: Mapped[str | None]
    fetched_at: Mapped[datetime | None]
