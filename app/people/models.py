"""Tables of people, teams, topics and sign-in."""

import uuid
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Table, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.clock import now
from app.db import Base, Created, Id

LOCALES = ("en", "de")

UserId = Annotated[uuid.UUID, mapped_column(ForeignKey("users.id"))]


class Role(StrEnum):
    """What a person may do beyond being an employee, which everyone is."""

    EXPERT = "expert"
    REVIEWER = "reviewer"
    ADMIN = "admin"


class Team(Base):
    """Where people work."""

    __tablename__ = "teams"
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)


class Topic(Base):
    """What people follow and what a post is about."""

    __tablename__ = "topics"
    id: Mapped[Id]
    name_en: Mapped[str] = mapped_column(unique=True)
    name_de: Mapped[str] = mapped_column(unique=True)
    retired_at: Mapped[datetime | None]

    def name(self, locale: str) -> str:
        """The topic's name in a language."""
        return self.name_de if locale == "de" else self.name_en


followed_topics = Table(
    "followed_topics",
    Base.metadata,
    Column("user_id", ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("topic_id", ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True, index=True),
)


class User(Base):
    """A person of the company. E-mail addresses are stored in lower case and are unique."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("locale IN ('en', 'de')", name="locale"),
        CheckConstraint("roles <@ ARRAY['expert', 'reviewer', 'admin']", name="roles"),
        Index("ix_users_name_id", "name", "id"),
    )

    id: Mapped[Id]
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    field: Mapped[str] = mapped_column(default="")
    roles: Mapped[list[str]] = mapped_column(ARRAY(Text), default=lambda: [Role.EXPERT.value])
    team_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("teams.id"), index=True)
    locale: Mapped[str] = mapped_column(default="en")
    time_zone: Mapped[str] = mapped_column(default="Europe/Berlin")
    password_hash: Mapped[str | None]
    created_at: Mapped[Created]
    welcomed_at: Mapped[datetime | None]
    deactivated_at: Mapped[datetime | None]

    team: Mapped[Team | None] = relationship()
    topics: Mapped[list[Topic]] = relationship(secondary=followed_topics)

    # What flask-login asks of a person; `sign_in_token` is set by the web layer for this request.
    is_authenticated = True
    is_anonymous = False
    sign_in_token = ""

    def get_id(self) -> str:
        """The cookie holds the token of a sign-in, never the person's id."""
        return self.sign_in_token

    @property
    def is_active(self) -> bool:
        """Whether this person may sign in."""
        return self.deactivated_at is None

    @property
    def may_propose(self) -> bool:
        """Whether this person is an expert."""
        return Role.EXPERT in self.roles

    @property
    def is_reviewer(self) -> bool:
        """Whether this person reviews for marketing."""
        return Role.REVIEWER in self.roles

    @property
    def is_admin(self) -> bool:
        """Whether this person runs the installation."""
        return Role.ADMIN in self.roles


class SignIn(Base):
    """One sign-in on one device: listed for its owner, and revocable. Only a hash of its token is kept."""

    __tablename__ = "sign_ins"
    id: Mapped[Id]
    user_id: Mapped[UserId] = mapped_column(index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    device: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Created]
    seen_at: Mapped[datetime] = mapped_column(default=now)
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship()


class TicketKind(StrEnum):
    """What a link sent by mail is good for."""

    INVITATION = "invitation"
    RESET = "reset"


class Ticket(Base):
    """A link sent by mail that lets its holder set a password once, until it expires. Only a hash of its token is kept."""

    __tablename__ = "tickets"
    __table_args__ = (CheckConstraint("kind IN ('invitation', 'reset')", name="kind"),)
    id: Mapped[Id]
    kind: Mapped[str]
    user_id: Mapped[UserId] = mapped_column(index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    created_at: Mapped[Created]
    created_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys="Ticket.user_id")
