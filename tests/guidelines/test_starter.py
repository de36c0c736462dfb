"""The starter rules: complete, in both languages, loaded once."""

import re
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from app.guidelines import rulebook, starter
from app.guidelines.models import Guideline, Severity
from app.guidelines.words import NEEDED, PARTS, checked
from tests import rows
from tests.guidelines import builders

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session


def test_there_are_24_rules_complete_in_both_languages() -> None:
    assert [rule["number"] for rule in starter.rules()] == list(range(1, 25))
    for rule in starter.rules():
        assert rule["severity"] in set(Severity)
        assert rule["machine"] in {"well", "partly", "not"}
        assert all(re.fullmatch(r"[a-z_]+", check) for check in rule["checks"])
        for language in ("en", "de"):
            assert tuple(rule[language]) == PARTS
            assert all(rule[language][part] for part in PARTS)


def test_every_starter_rule_passes_the_editor() -> None:
    for rule in starter.rules():
        words = {language: rule[language] for language in ("en", "de")}
        assert checked(words) == words
        assert set(NEEDED) <= set(PARTS)


def test_loading_twice_changes_nothing(db: "scoped_session[Session]") -> None:
    assert starter.load() == 24
    before = [(version.code, version.edition) for version in rulebook.current()]
    assert starter.load() == 0
    assert [(version.code, version.edition) for version in rulebook.current()] == before
    assert before[0] == ("G-01 v1", 1)


def test_loading_fills_gaps_and_leaves_own_words(db: "scoped_session[Session]") -> None:
    own = builders.rule(rows.ravi(), title="Our own first rule")
    assert starter.load() == 23
    assert rulebook.wording(1).texts["en"]["title"] == "Our own first rule"
    assert own.guideline.number == 1


def test_a_new_installation_loads_once(db: "scoped_session[Session]") -> None:
    builders.rule(rows.ravi())
    assert starter.load_if_empty() == 0
    assert db.scalar(select(func.count()).select_from(Guideline)) == 1
