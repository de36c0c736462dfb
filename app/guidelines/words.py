"""The words of a rule as a person typed them: both languages, nothing missing, nothing endless."""

import unicodedata
from collections.abc import Mapping

from app.db import Json
from app.errors import Invalid, _
from app.guidelines.models import Severity
from app.people.models import LOCALES

NEEDED = ("title", "why", "do", "dont")
PARTS = (*NEEDED, "good", "bad")
LONGEST_TITLE = 120
LONGEST_TEXT = 2000
JOINERS = "\u200c\u200d"


def checked(texts: Mapping[str, Mapping[str, str]]) -> Json:
    """The words of all languages, cleaned; raises Invalid with the field ("de_why") of the first mistake."""
    return {language: {part: _part(texts, language, part) for part in PARTS} for language in LOCALES}


def checked_severity(severity: str) -> str:
    """A severity that there is; raises Invalid."""
    if severity not in set(Severity):
        raise Invalid(_("Choose how much the rule weighs: advice, must fix or blocker."), field="severity")
    return severity


def _part(texts: Mapping[str, Mapping[str, str]], language: str, part: str) -> str:
    text, field = clean(texts.get(language, {}).get(part, "")), f"{language}_{part}"
    if part == "title":
        text = " ".join(text.split())
    longest = LONGEST_TITLE if part == "title" else LONGEST_TEXT
    if not text and part in NEEDED:
        raise Invalid(_("This is missing. A rule needs its title, why, do and don't in both languages."), field=field)
    if len(text) > longest:
        raise Invalid(
            _("This has %(length)s characters; %(longest)s fit. Shorten it a little.", length=len(text), longest=longest),
            field=field,
        )
    return text


def clean(text: str) -> str:
    """Plain line breaks, no control characters, no white space around; composed letters."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(letter for letter in plain if letter == "\n" or unicodedata.category(letter)[0] != "C" or letter in JOINERS)
    return unicodedata.normalize("NFC", kept).strip()
