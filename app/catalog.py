"""The translations: what there is to translate, the catalog brought up to date, and what is still missing in it."""

import re
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

import config

ROOT = Path(__file__).resolve().parent.parent
TRANSLATIONS = ROOT / "app" / "translations"
LANGUAGES = ("de",)  # English is the source
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None, "lazy_ngettext": (1, 2)}
SOURCES = (
    (ROOT / "app", [("demo/**", "ignore"), ("practice/**", "ignore"), ("embedded/**", "ignore"), ("**.py", "python")]),
    (ROOT / "templates", [("**.html", "jinja2")]),
)
OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")


def path_of(language: str) -> Path:
    """Where a language's catalog lies."""
    return TRANSLATIONS / language / "LC_MESSAGES" / "messages.po"


def extracted() -> Catalog:
    """Every sentence of the program and its pages."""
    found = Catalog(project="Outspoken", charset="utf-8", fuzzy=False)
    for directory, methods in SOURCES:
        sentences = extract_from_dir(
            directory, methods, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        )
        for name, _line, words, comments, context in sentences:
            place = (f"{directory.name}/{name}", 0)
            found.add(words, locations=[place], auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """The catalog as it is kept; an empty one when there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(
            locale=language, project="Outspoken", version=config.VERSION, copyright_holder="the authors of Outspoken", fuzzy=False
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> int:
    """Take up what is new, drop what is gone, keep what is translated, and compile; returns how many problems are left."""
    known, path = read(language), path_of(language)
    made = known.creation_date
    known.update(extracted(), no_fuzzy_matching=True, update_header_comment=True)
    known.creation_date = made  # a file that says nothing new stays as it is
    known.obsolete.clear()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, known, width=140, sort_output=True, include_lineno=False, ignore_obsolete=True)
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, known)
    return len(list(problems(language)))


def problems(language: str) -> Iterator[str]:
    """What a reader of this language would miss: sentences without a translation, or with other blanks than the English."""
    known = read(language)
    for wanted in extracted():
        if not wanted.id:
            continue
        message = known.get(wanted.id, wanted.context)
        problem = _problem(message)
        if problem:
            yield f"{problem}: {wanted.id!r}"


def _problem(message: Message | None) -> str:
    if message is None:
        return "not in the catalog"
    words = message.string if isinstance(message.string, tuple | list) else (message.string,)
    if message.fuzzy or not all(words):
        return "not translated"
    return "" if _same_blanks(message, [str(one) for one in words]) else "other blanks than the English"


def _same_blanks(message: Message, words: list[str]) -> bool:
    """Every form can be filled with what the English gives; only the form for one may leave the number out."""
    ids = [str(one) for one in (message.id if isinstance(message.id, tuple | list) else (message.id,))]
    offered = {name for one in ids for name in PLACEHOLDER.findall(one)}
    last = set(PLACEHOLDER.findall(words[-1]))
    return last == set(PLACEHOLDER.findall(ids[-1])) and all(_fits(one, offered) for one in words)


def _fits(words: str, offered: set[str]) -> bool:
    names = set(PLACEHOLDER.findall(words))
    stray = PLACEHOLDER.sub("", words).replace("%%", "")
    return names <= offered and ("%" not in stray or not offered)
