"""Both languages are complete: every sentence has its German words, with the same blanks."""

from pathlib import Path

import pytest

from app import catalog

PO = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"
"""


@pytest.mark.parametrize("language", catalog.LANGUAGES)
def test_every_sentence_is_translated(language: str) -> None:
    found = list(catalog.problems(language))
    assert found == [], f"{len(found)} problems in the {language} catalog; run `python3 run.py translations`, then translate"


def test_sentences_of_programs_and_pages_are_found() -> None:
    found = catalog.extracted()
    assert "Sign in" in found
    assert "There is nothing at this address, or it is not for you to see." in found
    assert len(found) > 500


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(catalog, "TRANSLATIONS", tmp_path)
    path = catalog.path_of("de")
    path.parent.mkdir(parents=True)
    return path


@pytest.mark.parametrize(
    ("english", "words", "problem"),
    [
        ('msgid "Hello %(name)s"', 'msgstr "Hallo %(name)s"', ""),
        ('msgid "Hello %(name)s"', 'msgstr "Hallo"', "other blanks than the English"),
        ('msgid "Hello %(name)s"', 'msgstr "Hallo %(nam)s"', "other blanks than the English"),
        ('msgid "Hello %(name)s"', 'msgstr "Hallo %(name)s, 5 % mehr"', "other blanks than the English"),
        ('msgid "Hello"', 'msgstr ""', "not translated"),
        ('msgid "5 % more"', 'msgstr "5 % mehr"', ""),
        ('msgid "%(num)s day"\nmsgid_plural "%(num)s days"', 'msgstr[0] "ein Tag"\nmsgstr[1] "%(num)s Tage"', ""),
        ('msgid "%(num)s day"\nmsgid_plural "%(num)s days"', 'msgstr[0] "ein Tag"\nmsgstr[1] "Tage"', "other blanks than the English"),
        ('msgid "%(num)s day"\nmsgid_plural "%(num)s days"', 'msgstr[0] "ein Tag"\nmsgstr[1] ""', "not translated"),
        ('#, fuzzy\nmsgid "Hello"', 'msgstr "Hallo"', "not translated"),
    ],
)
def test_mistakes_are_noticed(german: Path, english: str, words: str, problem: str) -> None:
    german.write_text(f"{PO}\n{english}\n{words}\n", encoding="utf-8")
    [message] = [one for one in catalog.read("de") if one.id]
    assert catalog._problem(message) == problem


def test_an_update_keeps_translations_and_drops_what_is_gone(german: Path) -> None:
    german.write_text(f'{PO}\nmsgid "Sign in"\nmsgstr "Anmelden"\n\nmsgid "Nobody says this"\nmsgstr "Niemand"\n', encoding="utf-8")
    left = catalog.update("de")
    kept = catalog.read("de")
    assert left == len(catalog.extracted()) - 1
    assert kept["Sign in"].string == "Anmelden"
    assert "Nobody says this" not in kept
    assert german.with_suffix(".mo").stat().st_size > 0
