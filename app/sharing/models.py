"""Tables of shares, deliveries and short links.

The `deliveries` table is the outbox and the truth; a broker only wakes workers and may forget everything.
"""

import uuid
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, SmallInteger, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.audit.moves import Moves
from app.clock import now
from app.db import Base, Created, Id, Json
from app.editorial.models import Post, Variant
from app.people.models import User, UserId
from app.sharing.account_models import ConnectedAccount


class Share(Base):
    """A person's click: one post, chosen accounts, perhaps own words. It is the consent record; a click counts once.

    A share that was planned by a standing consent names it.
    """

    __tablename__ = "shares"
    __table_args__ = (
        UniqueConstraint("user_id", "click"),
        UniqueConstraint("id", "user_id", "post_id"),
        Index("ix_shares_user_id_id", "user_id", "id"),
        Index("ix_shares_post_id", "post_id"),
    )
    id: Mapped[Id]
    user_id: Mapped[UserId]
    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id"))
    click: Mapped[str]
    language: Mapped[str]
    words: Mapped[str] = mapped_column(default="")
    standing_consent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("standing_consents.id"))
    created_at: Mapped[Created]

    user: Mapped[User] = relationship()
    post: Mapped[Post] = relationship()
    deliveries: Mapped[list["Delivery"]] = relationship(
        back_populates="share",
        order_by="Delivery.id",
        primaryjoin="Delivery.share_id == Share.id",
        foreign_keys="Delivery.share_id",
    )


class Priority(IntEnum):
    """Which of two due deliveries leaves first: what somebody waits for, or what was spread over time."""

    WAITED_FOR = 0
    SPREAD = 1


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    QUEUED = "queued"
    SENDING = "sending"
    PUBLISHED = "published"
    FAILED = "failed"
    UNCONFIRMED = "unconfirmed"
    HELD = "held"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"
    REMOVED = "removed"


# What was shared and not given up or taken back: such a post is not offered again, and not shared twice to one account.
STANDING = "state NOT IN ('cancelled', 'failed', 'skipped', 'removed')"


class Delivery(Base):
    """One share to one account: one row, one state, at most one remote post.

    `due_at` is schedule, back-off and next look in one; nothing waits in a broker. `lease` and `leased_until` say which worker holds it.
    `text` is exactly what is published, and `text_hash` what the person agreed to. While `sending`, the create request may be on its way: a
    row found `sending` after its lease has ended is never sent again but becomes `unconfirmed`. `timing` says why it got its minute,
    `check_due_at` when its pre-flight check is due, `warning` what that found.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        CheckConstraint(
            "state IN ('queued', 'sending', 'published', 'failed', 'unconfirmed', 'held', 'cancelled', 'skipped', 'removed')",
            name="state",
        ),
        CheckConstraint("state NOT IN ('published', 'removed') OR remote_id IS NOT NULL", name="remote_id"),
        CheckConstraint("state <> 'sending' OR (lease IS NOT NULL AND sent_at IS NOT NULL)", name="sending"),
        ForeignKeyConstraint(["share_id", "user_id", "post_id"], ["shares.id", "shares.user_id", "shares.post_id"]),
        ForeignKeyConstraint(["account_id", "user_id"], ["connected_accounts.id", "connected_accounts.user_id"]),
        UniqueConstraint("share_id", "account_id"),
        Index(
            "uq_deliveries_post_account",
            "post_id",
            "account_id",
            unique=True,
            postgresql_where=text(STANDING),
        ),
        Index(
            "ix_deliveries_due",
            "priority",
            "due_at",
            "id",
            postgresql_where=text("state IN ('queued', 'sending', 'unconfirmed') OR removal_asked_at IS NOT NULL"),
        ),
        Index("ix_deliveries_leased", "account_id", postgresql_where=text("lease IS NOT NULL")),
        Index("ix_deliveries_sent", "user_id", "network", "sent_at", postgresql_where=text("sent_at IS NOT NULL")),
        Index("ix_deliveries_held", "latest_at", "id", postgresql_where=text("state = 'held'")),
        Index("ix_deliveries_check_due_at", "check_due_at", postgresql_where=text("check_due_at IS NOT NULL")),
        Index("ix_deliveries_readings", "reading_due_at", postgresql_where=text("reading_due_at IS NOT NULL")),
        Index("ix_deliveries_user_id_id", "user_id", "id"),
        Index("ix_deliveries_user_id_post_id", "user_id", "post_id", postgresql_where=text(STANDING)),
        Index("ix_deliveries_post_id_due_at", "post_id", "due_at"),
        Index("ix_deliveries_account_id", "account_id", postgresql_where=text("state IN ('queued', 'held')")),
    )
    MOVES: ClassVar[Moves] = {
        "queued": frozenset({"sending", "held", "cancelled", "skipped", "failed"}),
        "sending": frozenset({"published", "failed", "unconfirmed", "queued", "held"}),
        "unconfirmed": frozenset({"published", "queued", "failed"}),
        "held": frozenset({"queued", "cancelled", "skipped"}),
        "failed": frozenset({"queued", "unconfirmed"}),
        "published": frozenset({"removed"}),
        "cancelled": frozenset[str](),
        "skipped": frozenset({"queued"}),
        "removed": frozenset[str](),
    }
    id: Mapped[Id]
    share_id: Mapped[uuid.UUID]
    user_id: Mapped[UserId]
    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id"))
    account_id: Mapped[uuid.UUID]
    network: Mapped[str]
    variant_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("variants.id"))
    language: Mapped[str]
    text: Mapped[str]
    text_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default=DeliveryState.QUEUED.value)
    priority: Mapped[int] = mapped_column(SmallInteger, default=Priority.WAITED_FOR.value, server_default="0")
    due_at: Mapped[datetime] = mapped_column(default=now)
    latest_at: Mapped[datetime]
    lease: Mapped[uuid.UUID | None]
    leased_until: Mapped[datetime | None]
    tries: Mapped[int] = mapped_column(default=0)
    looks: Mapped[int] = mapped_column(default=0)
    payload: Mapped[Json | None]
    prepared: Mapped[Json | None]
    sent_at: Mapped[datetime | None]
    remote_id: Mapped[str | None]
    remote_url: Mapped[str | None]
    published_at: Mapped[datetime | None]
    problem: Mapped[str | None]
    problem_detail: Mapped[str | None]
    removal_asked_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    reading_due_at: Mapped[datetime | None]
    counts: Mapped[Json] = mapped_column(default=dict)
    timing: Mapped[Json | None]
    check_due_at: Mapped[datetime | None]
    warning: Mapped[str | None]
    created_at: Mapped[Created]

    share: Mapped[Share] = relationship(
        back_populates="deliveries", primaryjoin="Delivery.share_id == Share.id", foreign_keys="Delivery.share_id"
    )
    account: Mapped[ConnectedAccount] = relationship(
        primaryjoin="Delivery.account_id == ConnectedAccount.id", foreign_keys="Delivery.account_id"
    )
    post: Mapped[Post] = relationship(foreign_keys="Delivery.post_id")
    variant: Mapped[Variant | None] = relationship()
    link: Mapped["ShortLink | None"] = relationship(back_populates="delivery", uselist=False)
    attempts: Mapped[list["Attempt"]] = relationship(order_by="Attempt.number", back_populates="delivery")


class Attempt(Base):
    """One try of a delivery, written and committed before the create request leaves. `due_at` is when it should have left."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("delivery_id", "number"),
        Index("ix_attempts_started_at", "started_at", postgresql_using="brin"),
    )
    id: Mapped[Id]
    delivery_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("deliveries.id"))
    number: Mapped[int]
    payload_hash: Mapped[str]
    worker: Mapped[str]
    due_at: Mapped[datetime | None]
    started_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    detail: Mapped[str | None]

    delivery: Mapped[Delivery] = relationship(back_populates="attempts")


class HandShare(Base):
    """A share without a connected account: the person posts in the network's own composer and says so. Never called published."""

    __tablename__ = "hand_shares"
    __table_args__ = (Index("ix_hand_shares_user_id_id", "user_id", "id"), Index("ix_hand_shares_post_id", "post_id"))
    id: Mapped[Id]
    user_id: Mapped[UserId]
    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id"))
    network: Mapped[str]
    language: Mapped[str]
    text: Mapped[str]
    text_hash: Mapped[str]
    created_at: Mapped[Created]
    confirmed_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    url: Mapped[str | None]

    post: Mapped[Post] = relationship()
    link: Mapped["ShortLink | None"] = relationship(back_populates="hand_share", uselist=False)


class ShortLink(Base):
    """The tracked link of one delivery; also the marker by which a post is found again after a time-out."""

    __tablename__ = "short_links"
    __table_args__ = (CheckConstraint("num_nonnulls(delivery_id, hand_share_id) = 1", name="owner"),)
    code: Mapped[str] = mapped_column(primary_key=True)
    delivery_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("deliveries.id"), unique=True)
    hand_share_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("hand_shares.id"), unique=True)
    target: Mapped[str]
    clicks: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Created]

    delivery: Mapped[Delivery | None] = relationship(back_populates="link")
    hand_share: Mapped[HandShare | None] = relationship(back_populates="link")


class PutAside(Base):
    """A post that a person does not want on their home page: for good, or until a time ("Later")."""

    __tablename__ = "put_aside"
    user_id: Mapped[UserId] = mapped_column(primary_key=True)
    post_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("posts.id"), primary_key=True)
    until: Mapped[datetime | None]
