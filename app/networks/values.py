"""The values that travel between the rooms and a network. All are frozen; none is a database row.

Times are aware and UTC, durations seconds, sizes bytes and pixels. What is stored has `as_json` and `from_json`. Secrets are
not in any `repr`.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from app.networks.access import TokenSet
from app.networks.clock import utc_now
from app.networks.rates import Budget
from app.networks.stored import Json, Stored

TextUnit = Literal["codepoint", "utf16", "grapheme", "weighted", "threads"]


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
class Account:
    """A connected account as a network needs to see it."""

    network: str
    host: str
    remote_id: str
    handle: str
    tokens: TokenSet
    limits: Limits | None = None


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
    """One try whose outcome is not known. `known`: the account's posts that are certainly other ones, by their ids."""

    payload: Payload
    started_at: datetime
    prepared: Prepared = Prepared()
    known: frozenset[str] = frozenset()


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
