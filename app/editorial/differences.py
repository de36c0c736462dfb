"""What changed between two texts, word by word."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher

SAME, NEW, GONE = "same", "new", "gone"
Part = tuple[str, str]
_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|\s+|[^\w\s]")
_COARSE = re.compile(r"[^\n]*\n?")
MANY = 6000


def differences(old: str, new: str) -> list[Part]:
    """Pairs of kind and text: same and gone together are the old text, same and new together the new one."""
    return list(_joined(_word_by_word(_tokens(old), _tokens(new))))


def _tokens(text: str) -> list[str]:
    """Words, spaces and signs; of a very long text whole lines, because comparing costs the square."""
    words = _TOKEN.findall(text)
    return words if len(words) <= MANY else [line for line in _COARSE.findall(text) if line]


def _word_by_word(old: list[str], new: list[str]) -> Iterator[Part]:
    for _, start, end, other_start, other_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        gone, fresh = "".join(old[start:end]), "".join(new[other_start:other_end])
        if gone == fresh:
            yield SAME, gone
        else:
            yield GONE, gone
            yield NEW, fresh


def _joined(parts: Iterator[Part]) -> Iterator[Part]:
    """Without empty parts, and with changed words that only a space parts told as one change."""
    gone = fresh = ""
    for kind, text in parts:
        if kind == SAME and (text.strip() or not (gone or fresh)):
            yield from _told(gone, fresh)
            gone = fresh = ""
            yield from _told_same(text)
        else:
            gone += text if kind != NEW else ""
            fresh += text if kind != GONE else ""
    yield from _told(gone, fresh)


def _told(gone: str, fresh: str) -> Iterator[Part]:
    if gone == fresh:
        yield from _told_same(gone)
        return
    if gone:
        yield GONE, gone
    if fresh:
        yield NEW, fresh


def _told_same(text: str) -> Iterator[Part]:
    if text:
        yield SAME, text
