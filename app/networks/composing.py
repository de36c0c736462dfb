"""Putting a share's text together: disclosure, own words, approved text, tracked link. Pure and deterministic."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from app.networks.faults import Permanent
from app.networks.values import TextCount


@dataclass(frozen=True, slots=True)
class Parts:
    """What a share is made of. `link` is the tracked link; where `original_link` stands in the text, `link` takes its place."""

    disclosure: str
    approved: str
    personal: str = ""
    link: str = ""
    original_link: str = ""


# The categories Cc, but for line breaks and tabs, and Cs.
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


def compose(parts: Parts, count: Callable[[str], TextCount]) -> str:
    """The text to share: the disclosure first, the link whole and once.

    Nothing is cut: raises Permanent("too_long") with `used` and `limit` when it does not fit, Permanent("disclosure_missing")
    without one.
    """
    text = _join(parts)
    counted = count(text)
    if counted.over > 0:
        raise Permanent("too_long", used=counted.used, limit=counted.limit)
    return text


def tidy(text: str) -> str:
    """The text with plain line breaks and without control characters; nothing that a reader would see is changed."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNSEEN.sub("", text).strip()


def _join(parts: Parts) -> str:
    disclosure, link = tidy(parts.disclosure), tidy(parts.link)
    if not disclosure:
        raise Permanent("disclosure_missing")
    words = [part for part in (tidy(parts.personal), tidy(parts.approved)) if part]
    if link:
        words = [_swap(part, tidy(parts.original_link), link) for part in words]
        if link not in "\n".join(words).split():
            words.append(link)
    return "\n\n".join([disclosure, *words])


def _swap(text: str, original: str, link: str) -> str:
    """Replace the original link where it stands alone between white space."""
    if not original:
        return text
    return re.sub(rf"(?<!\S){re.escape(original)}(?!\S)", lambda _: link, text)
