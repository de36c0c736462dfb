"""A post's text: how long it counts, which links it has, and how it reads as HTML."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from markupsafe import Markup, escape

MAX_CHARACTERS = 500
URL_COUNTS_AS = 23

_PLAIN = re.compile(r"[\n\x20-\u02ff\u2010-\u2027\u20ac]*")
_LINK = re.compile(r"https?://[^\s<>\"'“”„]+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w/])@(\w+)@[\w-]+(?:\.[\w-]+)+")
_PIECE = re.compile(r"(?P<link>https?://[^\s<>\"'“”„]+)|(?<![\w/&])#(?P<tag>\w*[^\W\d_]\w*)", re.IGNORECASE)


def length(text: str, spoiler: str = "") -> int:
    """Characters as Mastodon counts: graphemes, a link as 23, @user@host as @user."""
    counted = spoiler + text
    for url in links(text):
        counted = counted.replace(url, "x" * URL_COUNTS_AS, 1)
    return _graphemes(_MENTION.sub(r"@\1", counted).replace("\r\n", "\n"))


def _graphemes(text: str) -> int:
    if _PLAIN.fullmatch(text):
        return len(text)
    import regex  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - 11 MB that most texts do not need

    return len(regex.findall(r"\X", text))


def links(text: str) -> list[str]:
    """The links in their order, without the punctuation that follows them."""
    return [_trimmed(found.group()) for found in _LINK.finditer(text)]


def tags(text: str) -> list[str]:
    """The hashtags in their order, each once, without #."""
    return list(dict.fromkeys(found["tag"] for found in _PIECE.finditer(text) if found["tag"]))


def html(text: str, base_url: str) -> Markup:
    """The text as Mastodon's `content`: paragraphs, line breaks, links, hashtags; everything else escaped."""
    clean = "".join(c for c in text.replace("\r\n", "\n") if c.isprintable() or c in "\n\t\u200d\u200c")
    paragraphs = [p.strip("\n") for p in re.split(r"\n{2,}", clean) if p.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(_paragraph(p, base_url)) for p in paragraphs)


def _paragraph(text: str, base_url: str) -> Markup:
    return Markup("").join(_pieces(text, base_url)).replace("\n", Markup("<br />"))


def _pieces(text: str, base_url: str) -> Iterator[Markup]:
    at = 0
    for found in _PIECE.finditer(text):
        yield escape(text[at : found.start()])
        if found["tag"]:
            yield _tag(found["tag"], base_url)
            at = found.end()
        else:
            url = _trimmed(found["link"])
            yield _anchor(url)
            at = found.start() + len(url)
    yield escape(text[at:])


def _tag(name: str, base_url: str) -> Markup:
    return Markup('<a href="{}/tags/{}" class="mention hashtag" rel="tag">#<span>{}</span></a>').format(base_url, name.lower(), name)


def _anchor(url: str) -> Markup:
    scheme, rest = url.split("://", 1)
    return Markup(
        '<a href="{}" target="_blank" rel="nofollow noopener" translate="no"><span class="invisible">{}://</span>'
        '<span class="{}">{}</span><span class="invisible">{}</span></a>'
    ).format(url, scheme, "ellipsis" if len(rest) > 30 else "", rest[:30], rest[30:])


def _trimmed(url: str) -> str:
    url = url.rstrip(".,;:!?…*_")
    while url.endswith(")") and url.count("(") < url.count(")"):
        url = url[:-1].rstrip(".,;:!?…")
    return url


def card(text: str) -> tuple[str, str, str] | None:
    """The first link as (url, host, path), drawn from the link alone: nothing is fetched."""
    for url in links(text):
        try:
            parts = urlsplit(url)
        except ValueError:
            continue
        if parts.hostname:
            return (
                url,
                parts.netloc.rpartition("@")[2],
                (parts.path + (f"?{parts.query}" if parts.query else "")).strip("/"),
            )
    return None
