"""Changing the rulebook: new versions, editions that rise when it matters, two editors, numbers never used again."""

import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from app.audit.models import Event
from app.clock import now
from app.errors import Invalid, Missing, Stale
from app.guidelines import editing, rulebook
from app.guidelines.editions import edition
from app.guidelines.models import Guideline, GuidelineVersion
from app.notices.models import Notice
from tests import rows
from tests.guidelines.builders import rule, texts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


def test_a_change_is_a_new_version_and_the_old_one_stays(db: "Db") -> None:
    ravi = rows.ravi()
    first = rule(ravi)
    second = editing.revise(1, texts=texts(why="It helps even more."), severity="must_fix", expected=1, by=ravi.id)
    assert (first.code, second.code) == ("G-01 v1", "G-01 v2")
    assert rulebook.wording(1).texts["en"]["why"] == "It helps even more."
    assert rulebook.wording(1, 1).texts["en"]["why"] == "Because it helps."


@pytest.mark.parametrize(
    ("severity", "change", "new_severity", "rises"),
    [
        ("must_fix", {"why": "Other."}, "must_fix", True),
        ("blocker", {"do": "Other."}, "blocker", True),
        ("blocker", {"dont": "Other."}, "blocker", True),
        ("must_fix", {}, "blocker", True),
        ("advice", {}, "must_fix", True),
        ("must_fix", {"title": "Other"}, "must_fix", False),
        ("must_fix", {"good": "Other.", "bad": "Other."}, "must_fix", False),
        ("advice", {"why": "Other."}, "advice", False),
        ("blocker", {"why": "Other."}, "advice", False),
    ],
)
def test_the_edition_rises_when_it_matters(db: "Db", severity: str, change: dict[str, str], new_severity: str, rises: bool) -> None:
    ravi = rows.ravi()
    rule(ravi, severity)
    assert edition() == 1
    made = editing.revise(1, texts=texts(**change), severity=new_severity, expected=1, by=ravi.id)
    assert (edition(), made.edition) == ((2, 2) if rises else (1, 1))


def test_a_change_in_german_alone_matters_too(db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    words = texts()
    words["de"]["why"] = "Weil es noch mehr hilft."
    assert editing.revise(1, texts=words, severity="must_fix", expected=1, by=ravi.id).edition == 2


def test_a_new_rule_opens_an_edition_only_when_it_binds(db: "Db") -> None:
    ravi = rows.ravi()
    assert [rule(ravi).edition, rule(ravi, "advice").edition, rule(ravi, "blocker").edition] == [1, 1, 2]


def test_saving_without_a_difference_writes_nothing(db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    assert editing.revise(1, texts=texts(), severity="must_fix", expected=1, by=ravi.id).version == 1
    assert db.scalars(select(Event.verb)).all() == ["added"]


def test_the_second_of_two_editors_is_told(db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    editing.revise(1, texts=texts(why="A"), severity="must_fix", expected=1, by=ravi.id)
    with pytest.raises(Stale):
        editing.revise(1, texts=texts(why="B"), severity="must_fix", expected=1, by=ravi.id)
    assert rulebook.wording(1).texts["en"]["why"] == "A"


def test_two_editors_at_the_same_moment_make_one_version(committed: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    committed.commit()
    ready, results = threading.Barrier(2), []

    def edit(why: str) -> None:
        ready.wait()
        try:
            results.append(editing.revise(1, texts=texts(why=why), severity="must_fix", expected=1, by=ravi.id).code)
            committed.commit()
        except Stale:
            results.append("stale")
        finally:
            committed.remove()

    _together(lambda: edit("A"), lambda: edit("B"))
    assert sorted(results) == ["G-01 v2", "stale"]
    assert edition() == 2


def test_two_new_rules_at_the_same_moment_get_two_numbers_and_two_editions(committed: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    committed.commit()
    ready, results = threading.Barrier(2), []

    def add() -> None:
        ready.wait()
        made = rule(ravi)
        results.append((made.guideline.number, made.edition))
        committed.commit()
        committed.remove()

    _together(add, add)
    assert sorted(results) == [(2, 2), (3, 3)]


def _together(*runs: object) -> None:
    threads = [threading.Thread(target=run) for run in runs]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_retired_rule_leaves_the_book_and_its_number_is_not_used_again(db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    editing.retire(1, by=ravi.id)
    assert rulebook.current() == []
    assert [version.code for version in rulebook.retired()] == ["G-01 v1"]
    assert rule(ravi).guideline.number == 2
    with pytest.raises(Stale):
        editing.revise(1, texts=texts(why="New."), severity="must_fix", expected=1, by=ravi.id)
    editing.reinstate(1, by=ravi.id)
    assert [version.code for version in rulebook.current()] == ["G-01 v1", "G-02 v1"]


def test_everybody_active_hears_of_a_new_edition_once_until_they_look(db: "Db") -> None:
    ravi, emil, gone = rows.ravi(), rows.emil(), rows.person("Gone")
    gone.deactivated_at = now()
    rule(ravi)
    rule(ravi, "blocker")
    told = db.execute(select(Notice.user_id, Notice.kind, Notice.url, Notice.facts)).all()
    assert {(row.user_id, row.kind, row.url) for row in told} == {
        (person.id, "rulebook_changed", "/guidelines/changes") for person in (ravi, emil)
    }
    assert len(told) == 2
    assert told[0].facts == {"edition": 1, "code": "G-01 v1", "title": "Say it", "title_de": "Sag es"}
    db.execute(update(Notice).where(Notice.user_id == emil.id).values(read_at=now()))
    rule(ravi, "blocker")
    assert len(db.scalars(select(Notice.id).where(Notice.user_id == emil.id)).all()) == 2
    assert all(made.version == 7 for made in db.scalars(select(Notice.id)))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "en_title"),
        ({"why": " \n\x00 "}, "en_why"),
        ({"title": "x" * 121}, "en_title"),
        ({"bad": "x" * 2001}, "en_bad"),
    ],
)
def test_words_must_be_there_and_fit(db: "Db", change: dict[str, str], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        rule(rows.ravi(), **change)
    assert refused.value.field == field


def test_a_missing_language_and_a_foreign_severity_are_refused(db: "Db") -> None:
    ravi = rows.ravi()
    with pytest.raises(Invalid) as refused:
        editing.add(texts={"en": texts()["en"]}, severity="must_fix", by=ravi.id)
    assert refused.value.field == "de_title"
    with pytest.raises(Invalid) as refused:
        rule(ravi, "verdict")
    assert refused.value.field == "severity"


def test_control_characters_go_and_joiners_stay(db: "Db") -> None:
    made = rule(rows.ravi(), title="Keep\u202e it\x07", why="می\u200cخواهم 👩\u200d🔬\r\nline")
    assert made.texts["en"]["title"] == "Keep it"
    assert made.texts["en"]["why"] == "می\u200cخواهم 👩\u200d🔬\nline"


def test_there_is_no_such_rule(db: "Db") -> None:
    with pytest.raises(Missing):
        editing.revise(7, texts=texts(), severity="advice", expected=1, by=rows.ravi().id)


@pytest.mark.parametrize("change", [update(GuidelineVersion).values(severity="advice"), delete(GuidelineVersion)])
def test_the_database_keeps_old_wordings(db: "Db", change: object) -> None:
    rule(rows.ravi())
    with pytest.raises(IntegrityError, match="append-only"):
        db.execute(change)  # type: ignore[call-overload]


def test_the_lock_is_the_transaction_s(db: "Db") -> None:
    rule(rows.ravi())
    held = db.scalar(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"))
    assert held == 1
    assert db.get(Guideline, rulebook.wording(1).guideline_id) is not None
