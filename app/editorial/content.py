"""What a proposal says: the one description of `content`, in a draft, a revision and a post alike.

    {"language": "en", "texts": {"en": "...", "de": "..."}, "variants": [{"language", "network" or null, "text"}],
     "link": {"url", "title", "description", "media_id"} or null, "pictures": [{"media_id", "alt": {"en", "de"}}],
     "topic_id": "..." or null, "why": {"en", "de"}, "wished_from", "wished_until": "2026-12-24" or null}

The wished days are days of the author's time zone, first and last included.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, TypedDict, cast

from app.clipped import clipped
from app.people.models import LOCALES

LANGUAGES = LOCALES
MAX_PICTURES = 4
MAX_VARIANTS = 20


class Variant(TypedDict):
    """One more wording, for one language and perhaps for one network."""

    language: str
    network: str | None
    text: str


class Link(TypedDict):
    """A page that the post points at; `media_id` is the picture of its preview."""

    url: str
    title: str
    description: str
    media_id: str | None


class Picture(TypedDict):
    """One picture with its description per language."""

    media_id: str
    alt: dict[str, str]


class Content(TypedDict):
    """All of it."""

    language: str
    texts: dict[str, str]
    variants: list[Variant]
    link: Link | None
    pictures: list[Picture]
    topic_id: str | None
    why: dict[str, str]
    wished_from: str | None
    wished_until: str | None


def blank(language: str = "en") -> Content:
    """Nothing said yet."""
    return Content(
        language=language,
        texts=per_language({}),
        variants=[],
        link=None,
        pictures=[],
        topic_id=None,
        why=per_language({}),
        wished_from=None,
        wished_until=None,
    )


def per_language(words: Mapping[str, str]) -> dict[str, str]:
    """One entry for every language, empty where there are no words."""
    return {language: words.get(language, "") for language in LANGUAGES}


def of(stored: Mapping[str, Any]) -> Content:
    """The content in a stored draft, revision or post: every key is there, and no other."""
    whole = blank()
    known = cast("dict[str, Any]", {key: stored[key] for key in whole if stored.get(key) is not None})
    known["texts"] = per_language(known.get("texts", {}))
    known["why"] = per_language(known.get("why", {}))
    return cast("Content", {**whole, **known})


def is_blank(content: Content) -> bool:
    """Whether nobody has typed, chosen or uploaded anything yet."""
    return {**content, "language": ""} == {**blank(), "language": ""}


def finished(content: Content) -> Content:
    """The content as it is frozen: wordings that are still empty are left out."""
    return Content(**{**content, "variants": [one for one in content["variants"] if one["text"]]})


def main_text(content: Content) -> str:
    """The text in the proposal's own language, or in the other one while that is empty."""
    own = content["texts"].get(content["language"], "")
    return own or next((text for text in content["texts"].values() if text), "")


def first_words(content: Content, length: int = 80) -> str:
    """How lists call it: the beginning of the text on one line."""
    return clipped(main_text(content), length)


def media_ids(content: Content) -> Iterator[str]:
    """Every picture that the content shows, the link's too."""
    yield from (picture["media_id"] for picture in content["pictures"])
    if content["link"] and content["link"]["media_id"]:
        yield content["link"]["media_id"]


def canonical(content: Content, hashes: Mapping[str, str]) -> bytes:
    """Bytes that are the same for the same content: sorted keys, no white space, UTF-8, pictures by their SHA-256."""
    seen = {media_id: hashes[media_id] for media_id in media_ids(content)}
    return json.dumps({**content, "sha256": seen}, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def content_hash(content: Content, hashes: Mapping[str, str]) -> str:
    """SHA-256 of the canonical form, as hex. `hashes` has the SHA-256 of every picture by its media id."""
    return hashlib.sha256(canonical(content, hashes)).hexdigest()
