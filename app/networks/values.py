"""The values that travel between the rooms and a network. All are frozen; none is a database row.

Times are aware and UTC, durations seconds, sizes bytes and pixels. What is stored has `as_json` and `from_json`. Secrets are
not in any `repr`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Literal, Self

from app.networks.faults import Scope

Json = dict[str, Any]
TextUnit = Literal["codepoint", "utf16", "grapheme", "weighted", "threads"]


def utc_now() -> datetime:
    """The moment, aware and UTC."""
    return datetime.now(UTC)


class Stored:
    """A value that survives a trip through JSON: times as ISO 8601, tuples as lists."""

    def as_json(self) -> Json:
        """The fields as plain JSON values."""
        return {key: _plain(value) for key, value in asdict(self).items()}  # type: ignore[call-overload]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The value again; unknown keys are ignored, so that older rows and newer code live together."""
        known = {entry.name: str(entry.type) for entry in fields(cls)}  # type: ignore[arg-type]
        return cls(**{key: _rich(value, known[key]) for key, value in data.items() if key in known})


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return value


def _rich(value: object, declared: str) -> object:
    if isinstance(value, str) and "datetime" in declared:
        return datetime.fromisoformat(value)
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Limits(Stored):
    """What one network, or one server of it, takes. None: no limit is known."""

    text_max: int
    text_unit: TextUnit
    url_cost: int | None = None
    max_images: int = 0
    max_links: int | None = None
    max_hashtags: int | None = None
    alt_max: int | None = None
    image_types: tuple[str, ...] = ()
    image_max_bytes: int | None = None
    image_max_pixels: int | None = None
    image_max_dimension: int | None = None
    image_ratio: float | None = None
    thumb_max_bytes: int | None = None
    posts_per_day: int | None = None
    source: Literal["static", "fetched"] = "static"
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` in any `seconds`: of posts, of calls (a post, and two for each of its pictures), or of uploads."""

    limit: int
    seconds: int
    of: Literal["posts", "calls", "uploads"] = "posts"


@dataclass(frozen=True, slots=True)
class Rates:
    """What a network allows: our whole application, all of us at one server, one account, and the pictures of one account."""

    app: tuple[Rate, ...] = ()
    instance: tuple[Rate, ...] = ()
    account: tuple[Rate, ...] = ()
    uploads: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """What a network says is left of one scope until it counts anew."""

    scope: Scope
    left: int
    resets_at: datetime


@dataclass(frozen=True, slots=True)
class TextCount:
    """A text as the network counts it; `over` is how much has to go, `notes` are codes of what was counted specially."""

    used: int
    limit: int
    over: int
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a network can do, so that pages and workers need not know its name.

    `standing`: its rules allow posts that their owner has agreed to in advance, and not one by one. `refresh_rotates`: a refresh token
    works once, so a lost answer leaves us without any. `renew_before`: tokens cannot be renewed any more once they have ended, so that is
    done this many seconds ahead, used or not. `scopes` are those that publishing needs.
    """

    personal_publish: bool
    needs_public_media_url: bool = False
    alt_text: bool = False
    max_images: int = 0
    link_card: Literal["scraped", "supplied", "none"] = "none"
    metrics: frozenset[str] = frozenset()
    metrics_batch: int = 1
    delete: bool = False
    list_own: bool = False
    idempotent_publish: bool = False
    reconcile_by: Literal["read", "repeat", "person"] = "person"
    share_intent: bool = False
    asks_server: bool = False
    refresh_rotates: bool = False
    renew_before: float = 0
    scopes: tuple[str, ...] = ()
    standing: bool = False


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
class Account:
    """A connected account as a network needs to see it."""

    network: str
    host: str
    remote_id: str
    handle: str
    tokens: TokenSet
    limits: Limits | None = None


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


@dataclass(frozen=True, slots=True)
class Image:
    """A picture ready to leave: re-encoded and without metadata. Width and height in pixels, 0 when unknown."""

    data: bytes = field(repr=False)
    mime: str
    alt: str = ""
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Draft:
    """One share for one account, its text composed. `key` is the delivery's own id; `link` its tracked link, the marker."""

    key: str
    text: str
    language: str = "en"
    link: str = ""
    images: tuple[Image, ...] = ()
    visibility: str = "public"


@dataclass(frozen=True, slots=True)
class Payload(Stored):
    """Exactly what will be sent: `body` for the create request, `media` what prepare has to upload (digest, type, alt text)."""

    body: Json
    idempotency_key: str
    marker: str = ""
    media: tuple[Json, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared(Stored):
    """What prepare left at the network, in the order of the images; useless after `expires_at`."""

    refs: tuple[str, ...] = ()
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """The post is there; `budget` is what the network said is left, if it said so."""

    remote_id: str
    url: str
    at: datetime
    budget: Budget | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try whose outcome is not known."""

    payload: Payload
    started_at: datetime
    prepared: Prepared = Prepared()


@dataclass(frozen=True, slots=True)
class Found:
    """The attempt did make a post: this one."""

    remote_id: str
    url: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Absent:
    """The network's answer proves that the attempt made no post."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Neither could be proved; `reason` is a code."""

    reason: str


Reconciled = Found | Absent | Unknown


@dataclass(frozen=True, slots=True)
class Deleted:
    """The post was there and is gone now."""


@dataclass(frozen=True, slots=True)
class AlreadyGone:
    """The post was gone before we asked."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counts of one post at one moment. None is "the network does not say", which is not 0."""

    impressions: int | None = None
    reach: int | None = None
    likes: int | None = None
    comments: int | None = None
    reposts: int | None = None
    quotes: int | None = None
    saves: int | None = None
    clicks: int | None = None
    fetched_at: datetime = field(default_factory=utc_now)
    final: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """There is nothing to count any more."""
