"""Acknowledging: once per edition, then only what differs."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.audit.models import Event
from app.errors import Invalid
from app.guidelines import acknowledgements, editing
from app.guidelines.acknowledgements import Pending
from app.guidelines.models import Acknowledgement
from tests import rows
from tests.guidelines.builders import full_book, rule, texts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


def test_nothing_is_pending_without_rules(db: "Db") -> None:
    assert acknowledgements.pending(rows.emil()) is None


def test_once_per_edition(db: "Db") -> None:
    emil = rows.emil()
    full_book()
    assert acknowledgements.pending(emil) == Pending(edition=1, read=0)
    assert acknowledgements.acknowledge(emil, read=1) is None
    assert acknowledgements.acknowledge(emil, read=1) is None
    assert acknowledgements.pending(emil) is None
    assert db.scalars(select(Acknowledgement.edition)).all() == [1]
    assert [(event.verb, event.facts) for event in db.scalars(select(Event))] == [("acknowledged", {"edition": 1})]


def test_one_person_s_reading_is_not_another_s(db: "Db") -> None:
    full_book()
    acknowledgements.acknowledge(rows.emil(), read=1)
    assert acknowledgements.pending(rows.edda()) == Pending(edition=1, read=0)


@pytest.mark.parametrize("read", [0, -1, 2, 2**40])
def test_an_edition_that_never_was_is_refused(db: "Db", read: int) -> None:
    full_book()
    with pytest.raises(Invalid):
        acknowledgements.acknowledge(rows.emil(), read=read)


def test_a_rulebook_that_changed_while_reading_stays_pending(db: "Db") -> None:
    ravi, emil = rows.ravi(), rows.emil()
    rule(ravi)
    rule(ravi)
    assert acknowledgements.acknowledge(emil, read=1) == Pending(edition=2, read=1)


def test_only_the_differences_are_shown(db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    rule(ravi, "advice")
    assert [found.new.code for found in acknowledgements.differences(1, "en")] == []
    editing.revise(1, texts=texts(why="Because it helps us all."), severity="blocker", expected=1, by=ravi.id)
    rule(ravi)
    changed, new = acknowledgements.differences(1, "en")
    assert (changed.new.code, changed.weight_changed) == ("G-01 v2", True)
    assert changed.parts == {"why": [("same", "Because it helps"), ("new", " us all"), ("same", ".")]}
    assert (new.new.code, new.old, list(new.parts)) == ("G-03 v1", None, ["title", "why", "do", "dont", "good"])
    assert [found.new.code for found in acknowledgements.differences(2, "en")] == ["G-03 v1"]


def test_a_rule_changed_twice_is_compared_with_what_was_read(db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    editing.revise(1, texts=texts(why="Two."), severity="must_fix", expected=1, by=ravi.id)
    editing.revise(1, texts=texts(why="Three."), severity="must_fix", expected=2, by=ravi.id)
    (found,) = acknowledgements.differences(1, "en")
    assert (found.old and found.old.version, found.new.version) == (1, 3)
    assert acknowledgements.differences(0, "en")[0].old is None


def test_a_change_that_was_undone_is_no_difference(db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    editing.revise(1, texts=texts(why="Two."), severity="must_fix", expected=1, by=ravi.id)
    editing.revise(1, texts=texts(), severity="must_fix", expected=2, by=ravi.id)
    assert acknowledgements.differences(1, "en") == []


def test_rules_retired_since_the_last_reading_are_named(db: "Db") -> None:
    ravi, emil = rows.ravi(), rows.emil()
    rule(ravi)
    rule(ravi)
    acknowledgements.acknowledge(emil, read=2)
    editing.retire(2, by=ravi.id)
    mine = acknowledgements.last(emil)
    assert mine is not None
    assert [gone.code for gone in acknowledgements.retired_since(mine.at)] == ["G-02 v1"]
