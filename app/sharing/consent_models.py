"""Tables of standing consents, and of what they plan."""

import uuid
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.db import Base, Id, Json
from app.people.models import Topic, UserId
from app.sharing.account_models import ConnectedAccount


class StandingConsent(Base):
    """ "Posts on this topic, to this account, at most so many a week, in my hours": until its owner ends it, asked again after a while.

    `terms` is the sentence that the person agreed to, in their language. From `ask_again_at` on it plans nothing new until it is renewed.
    """

    __tablename__ = "standing_consents"
    __table_args__ = (
        CheckConstraint("per_week BETWEEN 1 AND 7", name="per_week"),
        ForeignKeyConstraint(["account_id", "user_id"], ["connected_accounts.id", "connected_accounts.user_id"]),
        UniqueConstraint("id", "user_id"),
        Index("uq_standing_consents_active", "account_id", "topic_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_standing_consents_topic_id", "topic_id", postgresql_where=text("ended_at IS NULL")),
        Index("ix_standing_consents_user_id", "user_id"),
    )
    id: Mapped[Id]
    user_id: Mapped[UserId]
    account_id: Mapped[uuid.UUID]
    topic_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("topics.id"))
    per_week: Mapped[int] = mapped_column(SmallInteger)
    language: Mapped[str]
    terms: Mapped[str]
    agreed_at: Mapped[datetime] = mapped_column(default=now)
    ask_again_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    topic: Mapped[Topic] = relationship()
    account: Mapped[ConnectedAccount] = relationship(
        primaryjoin="StandingConsent.account_id == ConnectedAccount.id", foreign_keys="StandingConsent.account_id"
    )


class Plan(Base):
    """What a consent wants with a post, from the approval until its owner is told: a minute and a wording.

    In the transaction that tells its owner it becomes a share with its delivery, and the row is gone: nothing is ever queued unannounced.
    """

    __tablename__ = "plans"
    __table_args__ = (
        ForeignKeyConstraint(["consent_id", "user_id"], ["standing_consents.id", "standing_consents.user_id"]),
        ForeignKeyConstraint(["variant_id", "post_id"], ["variants.id", "variants.post_id"]),
    )
    post_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    consent_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    variant_id: Mapped[uuid.UUID]
    due_at: Mapped[datetime]
    near: Mapped[datetime | None]
    why: Mapped[Json]
