"""The values of signing in at a network: our application there, the way to a grant, whose account it is, and its tokens.

Secrets are in no `repr`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.networks.clock import utc_now
from app.networks.stored import Json, Stored


@dataclass(frozen=True, slots=True)
class TokenSet(Stored):
    """One account's tokens: stored encrypted as one blob, replaced as a whole, and never logged. Without an access token nothing can be
    asked: the key of the blob is lost.
    """

    access_token: str = field(default="", repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    token_type: str = "Bearer"  # noqa: S105
    expires_at: datetime | None = None
    refresh_expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)

    def missing(self, scopes: Iterable[str]) -> tuple[str, ...]:
        """Which of these were not granted, as far as the network has said; a broad scope ("write") covers its parts ("write:media")."""
        return tuple(one for one in scopes if self.scopes and one not in self.scopes and one.split(":")[0] not in self.scopes)

    def expires_within(self, seconds: float) -> bool:
        """Whether the access token is, or will within `seconds` be, too old to use."""
        return self.expires_at is not None and (self.expires_at - utc_now()).total_seconds() < seconds


@dataclass(frozen=True, slots=True)
class AppCredentials(Stored):
    """Our application as one server (or one network) knows it."""

    client_id: str
    client_secret: str = field(default="", repr=False)
    host: str = ""
    redirect_uri: str = ""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Identity:
    """Who an account is at its network; (host, remote_id) never changes, all the rest may."""

    host: str
    remote_id: str
    handle: str
    name: str = ""
    url: str = ""
    avatar_url: str = ""
    bot: bool = False
    visibility: str = "public"
    language: str = ""


@dataclass(frozen=True, slots=True)
class AuthorizeStart:
    """Where to send the person, and what to keep on our side under `state` (one use, ten minutes, holds secrets)."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    pending: Json = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What came of a login at the network."""

    identity: Identity
    tokens: TokenSet
    granted_scopes: tuple[str, ...]
