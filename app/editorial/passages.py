"""Finding a marked passage again in a text that went on changing: by its words and what stood around them, not by guessing."""

from collections.abc import Iterator

SURE_LENGTH = 12


def find_again(text: str, quote: str, *, prefix: str, suffix: str, start: int) -> int | None:
    """Where the passage is now (a code point offset), or None when its words are gone or could be meant in several places.

    Of several places the one counts whose surroundings agree most, then the one nearest to where it was.
    """
    if not quote:
        return None
    places = list(_places(text, quote))
    if not places:
        return None

    def agreement(place: int) -> int:
        return _same_end(text[:place], prefix) + _same_start(text[place + len(quote) :], suffix)

    best = max(places, key=lambda place: (agreement(place), -abs(place - start)))
    sure = agreement(best) > 0 or text == quote or (len(places) == 1 and len(quote) >= SURE_LENGTH)
    return best if sure else None


def _places(text: str, quote: str) -> Iterator[int]:
    place = text.find(quote)
    while place >= 0:
        yield place
        place = text.find(quote, place + 1)


def _same_start(one: str, other: str) -> int:
    """How many characters both begin with."""
    alike = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        alike += 1
    return alike


def _same_end(one: str, other: str) -> int:
    return _same_start(one[: -len(other) - 1 : -1] if other else "", other[::-1])
