"""Finding a rule by its number or its words."""

from typing import TYPE_CHECKING

import pytest

from app.errors import Missing
from app.guidelines import editing, first_steps, rulebook
from app.guidelines.differences import word_diff
from app.ids import uuid7
from tests import rows
from tests.guidelines.builders import full_book, rule, texts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


@pytest.mark.parametrize(
    ("code", "number"),
    [
        ("G-07", 7),
        ("g7", 7),
        ("7", 7),
        ("007", 7),
        (" G-107 ", 107),
        ("H-7", None),
        ("G-", None),
        ("", None),
        ("7 8", None),
        ("²", None),
        ("٣", None),
        ("1234567", None),
    ],
)
def test_numbers_are_read_as_people_write_them(code: str, number: int | None) -> None:
    assert rulebook.number_of(code) == number


@pytest.mark.parametrize(
    ("words", "locale", "first"),
    [
        ("7", "en", 7), ("G-07", "en", 7), ("g-24", "de", 24), ("keep internal", "en", 3), ("respect", "en", 13),
        ("Passwörter", "de", 4),
        ("screen readers", "en", 19), ("SCREEN", "en", 3), ("coffee", "en", 15),
    ],
)  # fmt: skip
def test_the_best_rule_comes_first(db: "Db", words: str, locale: str, first: int) -> None:
    full_book()
    assert rulebook.search(words, locale)[0].guideline.number == first


def test_titles_come_before_texts(db: "Db") -> None:
    full_book()
    found = [version.guideline.number for version in rulebook.search("link", "en")]
    assert found[0] == 23
    assert len(found) == len(set(found)) > 2


@pytest.mark.parametrize("words", ["zzz", "%", "_", "title", "\\", "'; drop table guidelines"])
def test_nothing_is_found_by_what_is_not_there(db: "Db", words: str) -> None:
    rule(rows.ravi())
    assert rulebook.search(words, "en") == []


def test_a_percent_sign_is_a_percent_sign(db: "Db") -> None:
    full_book()
    assert [version.guideline.number for version in rulebook.search("90 %", "en")] == [16]


def test_without_words_the_first_rules_are_offered(db: "Db") -> None:
    full_book()
    assert [version.guideline.number for version in rulebook.search("", "en", limit=3)] == [1, 2, 3]


def test_retired_rules_are_not_offered_but_can_be_cited(db: "Db") -> None:
    ravi = rows.ravi()
    made = rule(ravi)
    editing.retire(1, by=ravi.id)
    assert rulebook.search("1", "en") == []
    assert rulebook.wording(1).id == made.id == rulebook.version(made.id).id


def test_only_present_wordings_are_found(db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi, why="Walrus.")
    editing.revise(1, texts=texts(why="Otter."), severity="must_fix", expected=1, by=ravi.id)
    assert rulebook.search("walrus", "en") == []
    assert [version.code for version in rulebook.search("otter", "en")] == ["G-01 v2"]
    assert [version.version for version in rulebook.history(rulebook.wording(1).guideline)] == [2, 1]


@pytest.mark.parametrize(("number", "version"), [(9, None), (1, 2), (1, 0), (1, 2**30)])
def test_what_does_not_exist_is_missing(db: "Db", number: int, version: int | None) -> None:
    rule(rows.ravi())
    with pytest.raises(Missing):
        rulebook.wording(number, version)
    with pytest.raises(Missing):
        rulebook.version(uuid7())


def test_the_five_first_rules_follow_the_book(db: "Db") -> None:
    full_book()
    assert [version.guideline.number for version in first_steps.first_rules()] == [1, 3, 7, 13, 24]
    editing.retire(3, by=rows.ravi().id)
    assert [version.guideline.number for version in first_steps.first_rules()] == [1, 4, 7, 13, 24]


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("", "", []),
        ("a", "a", [("same", "a")]),
        ("", "new words", [("new", "new words")]),
        ("one two three", "one 2 three", [("same", "one "), ("gone", "two"), ("new", "2"), ("same", " three")]),
        ("one two three four", "one 2 3 four", [("same", "one "), ("gone", "two three"), ("new", "2 3"), ("same", " four")]),
        ("Say it.", "Say it!", [("same", "Say it"), ("gone", "."), ("new", "!")]),
    ],
)
def test_differences_are_told_word_by_word(old: str, new: str, parts: list[tuple[str, str]]) -> None:
    assert word_diff(old, new) == parts
    assert "".join(text for kind, text in word_diff(old, new) if kind != "new") == old
    assert "".join(text for kind, text in word_diff(old, new) if kind != "gone") == new
