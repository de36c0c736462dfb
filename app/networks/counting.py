"""How networks count text. Five small counters cover all of them.

Where a network's own rule cannot be known exactly (what is a link, what is an emoji) these count rather too much than too
little, so that what fits here fits there.
"""

import unicodedata
from collections.abc import Callable

import regex

from app.networks.values import Limits, TextCount, TextUnit

_LINK = regex.compile(
    r"(?<![A-Za-z0-9@$#/_-])https?://[A-Za-z0-9._-]*(?::\d+)?"
    r"(?:/(?:(?!https?://)[A-Za-z0-9!*';:=+,.$/%#\[\]_~@|&()-])*)?"
    r"(?:\?(?:(?!https?://)[A-Za-z0-9!?*';:=+,.$/%#\[\]_~@|&()-])*)?",
    regex.IGNORECASE,
)
_DOTTED_HOST = regex.compile(r"https?://(?:[a-z0-9_-]+\.)+(?:[a-z]{2,}|xn--[a-z0-9-]+)(?::\d+)?(?:[/?#]|\Z)", regex.IGNORECASE)
_BARE_HOST = regex.compile(r"(?<![\w@.$#/-])(?:[a-z0-9-]+\.)+[a-z]{2,}(?:/[!-~]*)?", regex.IGNORECASE)
_REMOTE_MENTION = regex.compile(r"(?<![=/\w])(@[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)@[A-Za-z0-9][A-Za-z0-9.-]*[A-Za-z0-9]")
_GRAPHEME = regex.compile(r"\X")
_PICTURE = r"\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?"
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|\U0001F3F4[\U000E0020-\U000E007F]+"
    rf"|{_PICTURE}(?:\u200D{_PICTURE})*"
)
_LIGHT = ((0x0000, 0x10FF), (0x2000, 0x200D), (0x2010, 0x201F), (0x2032, 0x2037))
_GAP = "\0"
WEIGHTED_URL = 23


def count(text: str, limits: Limits) -> TextCount:
    """The text under the given limits; notes say "links" and "mentions" where those were counted by their own rule."""
    used = _COUNTERS[limits.text_unit](text, limits.url_cost)
    return TextCount(used, limits.text_max, max(0, used - limits.text_max), _notes(text, limits))


def codepoints(text: str) -> int:
    """Unicode code points."""
    return len(text)


def utf16(text: str) -> int:
    """UTF-16 code units, as JavaScript and LinkedIn count."""
    return len(text) + sum(char > "\uffff" for char in text)


def graphemes(text: str) -> int:
    """What a reader would call characters: extended grapheme clusters (UAX 29)."""
    return len(_GRAPHEME.findall(text))


def fediverse(text: str, url_cost: int) -> int:
    """Graphemes as Mastodon counts: a link costs `url_cost`, a mention on another server costs its name alone."""
    rest, cost = _without_links(text, url_cost)
    return graphemes(_REMOTE_MENTION.sub(r"\1", rest)) + cost


def weighted(text: str, url_cost: int = WEIGHTED_URL) -> int:
    """X: NFC, then light code points 1, all others 2, an emoji 2 as a whole, a link 23 (without a scheme: at least 23)."""
    rest, cost = _without_links(unicodedata.normalize("NFC", text), url_cost)
    for bare in _BARE_HOST.findall(rest):
        cost += max(0, url_cost - _weigh(bare))
    return cost + _weigh(rest)


def threads(text: str) -> int:
    """Threads: 1 per code point, but an emoji costs the length of its UTF-8 bytes."""
    emoji = _EMOJI.findall(text)
    return len(text) + sum(len(one.encode()) - len(one) for one in emoji)


def _weigh(text: str) -> int:
    rest, emoji = _EMOJI.subn("", text)
    return 2 * emoji + sum(1 if _light(ord(char)) else 2 for char in rest)


def _light(point: int) -> bool:
    return any(low <= point <= high for low, high in _LIGHT)


def links(text: str) -> list[str]:
    """The links in a text that stand with a scheme, in order."""
    return [found for found, _, _ in _find_links(text)]


def _without_links(text: str, url_cost: int) -> tuple[str, int]:
    """The text with every link taken out (a gap stays, so that neighbours do not melt), and what the links cost."""
    pieces, cost, last = [], 0, 0
    for link, start, end in _find_links(text):
        pieces.append(text[last:start])
        cost += url_cost if _DOTTED_HOST.match(link) else max(url_cost, graphemes(link))
        last = end
    if not pieces:
        return text, 0
    return _GAP.join([*pieces, text[last:]]), cost - len(pieces)


def _find_links(text: str) -> list[tuple[str, int, int]]:
    """A link ends before closing punctuation, another link, or the first letter beyond ASCII: the shorter reading is the safe
    one.
    """
    found = [(_trim(match.group()), match.start()) for match in _LINK.finditer(text)]
    return [(link, start, start + len(link)) for link, start in found]


def _trim(link: str) -> str:
    while link and not (link[-1].isalnum() or link[-1] in "=_#/+-&"):
        if link[-1] == ")" and link.count("(") == link.count(")"):
            break
        link = link[:-1]
    return link


def _notes(text: str, limits: Limits) -> tuple[str, ...]:
    if limits.url_cost is None:
        return ()
    found = ("links",) if links(text) else ()
    return (*found, "mentions") if limits.text_unit == "grapheme" and _REMOTE_MENTION.search(text) else found


def _count_graphemes(text: str, url_cost: int | None) -> int:
    return graphemes(text) if url_cost is None else fediverse(text, url_cost)


_COUNTERS: dict[TextUnit, Callable[[str, int | None], int]] = {
    "codepoint": lambda text, _: codepoints(text),
    "utf16": lambda text, _: utf16(text),
    "grapheme": _count_graphemes,
    "weighted": lambda text, url_cost: weighted(text, url_cost or WEIGHTED_URL),
    "threads": lambda text, _: threads(text),
}
