"""Sentences in a person's language, wherever they are written: a worker has no request and no language of its own."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations

from app.german import NAME, with_article

CATALOGUES = Path(__file__).resolve().parent.parent / "translations"
# The one network whose name is a word. A fact keeps it in the language of whoever wrote it, and a worker writes English.
PRACTICE = "Practice network"


def N_(message: str) -> str:  # noqa: N802 - the name by which gettext's tools find a sentence that is translated later
    """Mark a sentence for translation."""
    return message


def translate(locale: str, message: str, values: Mapping[str, Any]) -> str:
    """The sentence in a language, its blanks filled; raises KeyError when a blank has no value."""
    words = _catalogue(locale)
    own = {"network": words.gettext(PRACTICE)} if values.get("network") in (PRACTICE, NAME) else {}
    return with_article(str(words.gettext(message)) % {**values, **own})


@lru_cache(maxsize=8)
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(str(CATALOGUES), [locale])
