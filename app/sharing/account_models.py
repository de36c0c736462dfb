"""Tables of networks, our registrations there, and people's connected accounts."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.audit.moves import Moves
from app.clock import now
from app.db import Base, Created, Id, Json
from app.people.models import User, UserId
from app.sealed import Sealed


class NetworkSwitch(Base):
    """Whether an admin has switched a network on."""

    __tablename__ = "network_switches"
    network: Mapped[str] = mapped_column(primary_key=True)
    enabled: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(default=now)


class NetworkApp(Base):
    """Our registration at one server of a network. The secret is encrypted."""

    __tablename__ = "network_apps"
    __table_args__ = (UniqueConstraint("network", "host", "redirect_uri", "scopes"),)
    id: Mapped[Id]
    network: Mapped[str]
    host: Mapped[str]
    redirect_uri: Mapped[str]
    scopes: Mapped[str]
    credentials: Mapped[Json] = mapped_column(Sealed)
    created_at: Mapped[Created]


class PendingConnection(Base):
    """A person has left for a network's sign-in page. The state comes back once, within ten minutes, to the same person."""

    __tablename__ = "pending_connections"
    id: Mapped[Id]
    state_hash: Mapped[bytes] = mapped_column(unique=True)
    user_id: Mapped[UserId]
    network: Mapped[str]
    host: Mapped[str]
    pending: Mapped[Json] = mapped_column(Sealed)
    created_at: Mapped[Created]
    used_at: Mapped[datetime | None]


class AccountState(StrEnum):
    """Whether an account can be used."""

    CONNECTED = "connected"
    NEEDS_RECONNECT = "needs_reconnect"
    DISCONNECTED = "disconnected"


class ConnectedAccount(Base):
    """One person's own account on one network. The tokens belong to the person, are encrypted, and go at disconnect.

    `refresh_began_at` is committed before tokens are traded for new ones and emptied with them: found set, the answer was lost.
    """

    __tablename__ = "connected_accounts"
    __table_args__ = (
        CheckConstraint("state IN ('connected', 'needs_reconnect', 'disconnected')", name="state"),
        CheckConstraint("(state = 'disconnected') = (tokens IS NULL)", name="tokens"),
        UniqueConstraint("id", "user_id"),
        Index(
            "uq_connected_accounts_remote",
            "network",
            "host",
            "remote_id",
            unique=True,
            postgresql_where=text("state <> 'disconnected'"),
        ),
        Index("ix_connected_accounts_user_id", "user_id", postgresql_where=text("state <> 'disconnected'")),
        Index("ix_connected_accounts_expires_at", "expires_at", postgresql_where=text("state = 'connected' AND expires_at IS NOT NULL")),
    )
    MOVES: ClassVar[Moves] = {
        "connected": frozenset({"needs_reconnect", "disconnected", "connected"}),
        "needs_reconnect": frozenset({"connected", "disconnected"}),
        "disconnected": frozenset({"connected"}),
    }
    id: Mapped[Id]
    user_id: Mapped[UserId]
    network: Mapped[str]
    host: Mapped[str]
    remote_id: Mapped[str]
    handle: Mapped[str]
    name: Mapped[str]
    url: Mapped[str] = mapped_column(default="")
    scopes: Mapped[str] = mapped_column(default="")
    tokens: Mapped[Json | None] = mapped_column(Sealed)
    expires_at: Mapped[datetime | None]
    refresh_began_at: Mapped[datetime | None]
    limits: Mapped[Json] = mapped_column(default=dict)
    limits_at: Mapped[datetime | None]
    visibility: Mapped[str] = mapped_column(default="public")
    is_default: Mapped[bool] = mapped_column(default=True)
    state: Mapped[str] = mapped_column(default=AccountState.CONNECTED.value)
    problem: Mapped[str | None]
    connected_at: Mapped[datetime] = mapped_column(default=now)

    user: Mapped[User] = relationship()
