"""From what a browser sends to content: plain text without tricks, and nothing lost that a person typed.

A draft is never refused for being unfinished, only for being more than we can keep. What is missing is told on submitting.
"""

import re
import unicodedata
import uuid
from collections.abc import Mapping
from datetime import date

from app.editorial.content import LANGUAGES, MAX_PICTURES, MAX_VARIANTS, Content, Link, Picture, Variant, per_language
from app.editorial.wording import NETWORKS
from app.errors import Invalid, Missing, _

KEEP_TEXT = 200_000
KEEP_LINE = 4_000

_FLAG_TAGS = re.compile("(\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f)|[\U000e0000-\U000e007f]")
_HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00ad\u2060\u200b")
_LINE_ENDS = str.maketrans({"\x0b": "\n", "\x0c": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n"})
_NUMBERED = re.compile(r"(variant|picture)-(\d{1,4})-(?:text|media_id)$")
_LONG = re.compile(r"text-|variant-\d{1,4}-text$")
_ID = re.compile(r"topic_id$|media_id$")
_NETWORK = re.compile(r"variant-\d{1,4}-network$")


def clean_text(text: str) -> str:
    """Normal form C, plain line breaks, trimmed; without control characters and without marks that turn or hide text.

    Emoji, joiners and right-to-left text stay as they are.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_LINE_ENDS)
    text = "".join(char for char in text if char not in _HIDDEN and _visible(char))
    text = _FLAG_TAGS.sub(lambda found: found.group(1) or "", text)
    return unicodedata.normalize("NFC", text).strip()


def clean_line(text: str) -> str:
    """The same on one line."""
    return " ".join(clean_text(text).split())


def _visible(char: str) -> bool:
    return char in "\n\t" or unicodedata.category(char) not in {"Cc", "Cs", "Cn"}


def clean(form: Mapping[str, str]) -> Content:
    """The content of the editor's form; raises Invalid when it is more than we can keep, Missing for ids that are none."""
    _must_be_keepable(form)
    return read(form)


def read(form: Mapping[str, str]) -> Content:
    """The same without a refusal, to show a form again as it was typed; what cannot be read is left empty."""
    return Content(
        language=_language(form.get("language", "")),
        texts=per_language({language: clean_text(form.get(f"text-{language}", "")) for language in LANGUAGES}),
        variants=[_variant(form, number) for number in _numbers(form, "variant")],
        link=_link(form),
        pictures=[_picture(form, number) for number in _numbers(form, "picture")],
        topic_id=_id(form.get("topic_id", "")),
        why=per_language({language: clean_line(form.get(f"why-{language}", "")) for language in LANGUAGES}),
        wished_from=day(form.get("wished_from", "")),
        wished_until=day(form.get("wished_until", "")),
    )


def _must_be_keepable(form: Mapping[str, str]) -> None:
    for field, value in form.items():
        if len(value) > (KEEP_TEXT if _LONG.match(field) else KEEP_LINE):
            raise Invalid(_("That is more than a draft can hold. Shorten it; what you typed is still in this window."), field=field)
        if field in ("wished_from", "wished_until") and value.strip() and not day(value):
            raise Invalid(_("Write the day like 2026-12-24, or choose it from the calendar."), field=field)
        if _ID.search(field) and value and not _id(value):
            raise Missing(_("That is not here any more. Reload the page."))
        if _NETWORK.match(field) and value and value not in NETWORKS:
            raise Missing(_("That network is not known here. Reload the page."))
    if len(_numbers(form, "variant")) > MAX_VARIANTS:
        raise Invalid(_("A proposal can have 20 wordings. Take some away; the others are still here."), field="variants")
    if len(_numbers(form, "picture")) > MAX_PICTURES:
        raise Invalid(_("A proposal can have four pictures. Take one away first."), field="picture")


def _numbers(form: Mapping[str, str], kind: str) -> list[int]:
    found = (_NUMBERED.match(key) for key in form)
    return sorted({int(match[2]) for match in found if match and match[1] == kind})


def _variant(form: Mapping[str, str], number: int) -> Variant:
    network = form.get(f"variant-{number}-network", "")
    language = _language(form.get(f"variant-{number}-language", ""))
    text = clean_text(form.get(f"variant-{number}-text", ""))
    return Variant(language=language, network=network if network in NETWORKS else None, text=text)


def _link(form: Mapping[str, str]) -> Link | None:
    url, title, description = (clean_line(form.get(f"link-{part}", "")) for part in ("url", "title", "description"))
    return Link(url=url, title=title, description=description, media_id=None) if url else None


def _picture(form: Mapping[str, str], number: int) -> Picture:
    alt = {language: clean_line(form.get(f"picture-{number}-alt-{language}", "")) for language in LANGUAGES}
    return Picture(media_id=_id(form.get(f"picture-{number}-media_id", "")) or "", alt=per_language(alt))


def _language(value: str) -> str:
    return value if value in LANGUAGES else LANGUAGES[0]


def _id(value: str) -> str | None:
    try:
        return str(uuid.UUID(value))
    except ValueError:
        return None


def day(value: str) -> str | None:
    """A day of our time as 2026-12-24, or none: the ends of the calendar would leave it in another time zone."""
    try:
        found = date.fromisoformat(value.strip())
    except ValueError:
        return None
    return found.isoformat() if 2000 <= found.year < 3000 else None
