"""Two wordings side by side: which parts of a rule differ, word by word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.guidelines.models import GuidelineVersion
from app.guidelines.words import PARTS

Parts = list[tuple[str, str]]
_WORDS = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True)
class Difference:
    """What became of one rule between two wordings, in one language. `old` is None for a new rule."""

    old: GuidelineVersion | None
    new: GuidelineVersion
    parts: dict[str, Parts]

    @property
    def weight_changed(self) -> bool:
        """Whether the rule weighs more or less than before."""
        return self.old is not None and self.old.severity != self.new.severity


def difference(old: GuidelineVersion | None, new: GuidelineVersion, locale: str) -> Difference:
    """What changed; parts that are the same are left out."""
    before = old.texts[locale] if old else {}
    return Difference(old, new, changed_parts(before, new.texts[locale]))


def changed_parts(before: dict[str, str], after: dict[str, str]) -> dict[str, Parts]:
    """The parts of a rule whose words differ, each as a word diff."""
    return {part: word_diff(before.get(part, ""), after[part]) for part in PARTS if before.get(part, "") != after[part]}


def word_diff(old: str, new: str) -> Parts:
    """Pairs of ("same" | "gone" | "new", text) that read on from each other; spaces between changed words go with them."""
    return _joined(_steps(_WORDS.findall(old), _WORDS.findall(new)))


def _steps(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for step, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if step == "equal":
            yield "same", "".join(old[a:b])
        else:
            yield "gone", "".join(old[a:b])
            yield "new", "".join(new[c:d])


def _joined(steps: Iterator[tuple[str, str]]) -> Parts:
    """Put neighbours together: a lone space between two changed words is no island of sameness."""
    gone, new, parts = "", "", Parts()
    for kind, text in steps:
        if kind == "gone":
            gone += text
        elif kind == "new":
            new += text
        elif text.isspace() and (gone or new):
            gone, new = gone + text, new + text
        else:
            parts += _pair(gone, new)
            gone, new = "", ""
            parts.append(("same", text))
    return parts + _pair(gone, new)


def _pair(gone: str, new: str) -> Parts:
    """A change; the space that both ends share is put behind it as what it is: the same."""
    shared = gone[-1:] if gone[-1:].isspace() and gone[-1:] == new[-1:] else ""
    if shared:
        gone, new = gone[:-1], new[:-1]
    found = [("gone", gone), ("new", new), ("same", shared)]
    return [(kind, text) for kind, text in found if text]
