"""Sentences in a person's language, wherever they are written: a worker has no request and no language of its own."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.support import NullTranslations, Translations

from app.german import with_article

CATALOGUES = Path(__file__).resolve().parent.parent / "translations"


def N_(message: str) -> str:  # noqa: N802 - the name by which gettext's tools find a sentence that is translated later
    """Mark a sentence for translation."""
    return message


def translate(locale: str, message: str, values: Mapping[str, Any]) -> str:
    """The sentence in a language, its blanks filled; raises KeyError when a blank has no value."""
    return with_article(str(_catalogue(locale).gettext(message)) % values)


@lru_cache(maxsize=8)
def _catalogue(locale: str) -> NullTranslations:
    return Translations.load(str(CATALOGUES), [locale])
