"""Tables of notices and of outgoing mail."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.clock import now
from app.db import Base, Created, Id, Json
from app.people.models import UserId


class Notice(Base):
    """One thing that one person should know. `kind` names the sentence (app/notices/sentences.py), `facts` fill its blanks."""

    __tablename__ = "notices"
    __table_args__ = (
        Index("ix_notices_user_id_id", "user_id", "id"),
        Index("ix_notices_unread", "user_id", postgresql_where=text("read_at IS NULL")),
    )
    id: Mapped[Id]
    user_id: Mapped[UserId]
    kind: Mapped[str]
    facts: Mapped[Json] = mapped_column(default=dict)
    url: Mapped[str] = mapped_column(default="/")
    created_at: Mapped[Created]
    read_at: Mapped[datetime | None]


class Mail(Base):
    """One outgoing mail: an outbox row, sent by a worker, kept for a while so that an operator can see what left."""

    __tablename__ = "mails"
    __table_args__ = (Index("ix_mails_due", "due_at", postgresql_where=text("sent_at IS NULL AND failed_at IS NULL")),)
    id: Mapped[Id]
    user_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    to: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[Created]
    due_at: Mapped[datetime] = mapped_column(default=now)
    tries: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    problem: Mapped[str | None]
