"""The words of the pages, in English and German. The practice network stands apart, so it has its own (words.toml)."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

from flask import request

from app.practice.site import here

LANGUAGES = ("en", "de")
WORDS: dict[str, dict[str, str]] = tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8"))


def language() -> str:
    """`lang` in the address, else what the browser prefers, else English."""
    asked = request.args.get("lang", "")[:2]
    return asked if asked in LANGUAGES else request.accept_languages.best_match(LANGUAGES) or "en"


def say(key: str, **values: object) -> str:
    """A sentence in the visitor's language."""
    return WORDS[key][language()].format(**values)


def ago(seconds: float) -> str:
    """How long ago something was, in a word or two; after a week the date."""
    passed = here().now() - seconds
    for unit, size, until in (("minutes", 60, 3600), ("hours", 3600, 86400), ("days", 86400, 604800)):
        if passed < until:
            return say(unit, n=int(passed // size)) if passed >= size else say("now")
    return datetime.fromtimestamp(seconds, UTC).strftime("%d.%m.%Y" if language() == "de" else "%d %b %Y")
