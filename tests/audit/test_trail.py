"""The trail: append-only in the database, paged by key, narrowed by person, kind and day."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import delete, event, text, update
from sqlalchemy.exc import IntegrityError

from app.audit import sentences, trail
from app.audit.events import record
from app.audit.models import Event
from app.audit.trail import Wanted
from tests import rows
from tests.guidelines.browsing import sign_in, words

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def happened(db: "Db", count: int, *, start: datetime = NOON, step: timedelta = timedelta(minutes=1)) -> list[Event]:
    """Events in a row, one step apart."""
    made = [Event(at=start + step * number, verb="shared", subject="shares", facts={"n": number}) for number in range(count)]
    db.add_all(made)
    db.flush()
    return made


@pytest.mark.parametrize("change", [update(Event).values(verb="nothing"), delete(Event), text("UPDATE events SET facts = '{}'")])
def test_the_database_refuses_to_change_or_delete_what_happened(db: "Db", change: object) -> None:
    record("signed in", "users", None, by=None)
    db.flush()
    with pytest.raises(IntegrityError, match="events is append-only"):
        db.execute(change)  # type: ignore[call-overload]


def test_pages_lead_back_and_forth_without_gap_or_double(db: "Db") -> None:
    made = [each.id for each in happened(db, 23)][::-1]
    seen, before, ends = [], None, []
    while True:
        page = trail.page(Wanted(), before=before, size=10)
        seen += [each.id for each in page.events]
        ends.append(page.newer is None)
        if page.older is None:
            break
        before = page.older
    assert seen == made
    assert ends == [True, False, False]
    back = trail.page(Wanted(), after=made[10], size=10)
    assert ([each.id for each in back.events], back.newer, back.older) == (made[:10], None, made[9])


def test_a_person_is_found_as_actor_and_as_the_one_concerned(db: "Db") -> None:
    ada, emil, edda = rows.ada(), rows.emil(), rows.edda()
    record("invited", "users", emil.id, by=ada.id)
    record("signed in", "users", edda.id, by=edda.id)
    record("shared", "shares", None, by=emil.id)
    db.flush()
    assert [each.verb for each in trail.page(Wanted(people=(emil.id,))).events] == ["shared", "invited"]
    assert trail.page(Wanted(people=())).events == []


def test_a_day_is_exact(db: "Db") -> None:
    made = happened(db, 72, start=datetime(2026, 3, 9, tzinfo=UTC), step=timedelta(hours=1))
    wanted = Wanted(start=datetime(2026, 3, 10, tzinfo=UTC), end=datetime(2026, 3, 11, tzinfo=UTC))
    assert [each.id for each in trail.page(wanted).events] == [each.id for each in made[24:48]][::-1]


@pytest.mark.parametrize("hour", [-5, 0, 1, 24, 49, 50, 100])
def test_a_moment_is_found_by_halving(db: "Db", hour: int) -> None:
    made = happened(db, 50, step=timedelta(hours=1))
    after = [each.id for each in made if each.at >= NOON + timedelta(hours=hour)]
    assert trail.first_id_at(NOON + timedelta(hours=hour)) == (after[0] if after else made[-1].id + 1)


def test_halving_an_empty_trail_ends(db: "Db") -> None:
    assert trail.first_id_at(NOON) in (0, 1)


def test_a_network_is_named_in_the_readers_words(app: Flask, db: "Db") -> None:
    ada = rows.ada()
    switched = record("switched off", "networks", None, by=ada.id, network="Practice network")
    connected = record("connected", "connected_accounts", None, by=ada.id, network="practice")
    with app.test_request_context(), force_locale("de"):
        assert sentences.sentence(switched, {ada.id: "Ada"}) == "Ada hat das Übungsnetzwerk abgeschaltet."
        assert [(str(label), value) for label, value in sentences.facts(connected)] == [("Netzwerk", "Übungsnetzwerk")]


@pytest.mark.parametrize(
    ("key", "name"), [("mastodon", "Mastodon"), ("linkedin", "LinkedIn"), ("x", "X"), ("email", "E-mail"), ("gone", "gone")]
)
def test_a_network_goes_by_its_name_and_not_by_its_key(app: Flask, db: "Db", key: str, name: str) -> None:
    opened = record("opened by hand", "hand_shares", None, by=None, network=key)
    switched = record("switched on", "networks", None, by=None, network=key)
    with app.test_request_context():
        assert [value for _label, value in sentences.facts(opened)] == [name]
        assert sentences.sentence(switched, {}).endswith(f"switched on {name}.")


def test_events_are_told_in_words(db: "Db") -> None:
    ada, emil = rows.ada(), rows.emil()
    names = {ada.id: "Ada", emil.id: "Emil"}
    known = record("roles changed", "users", emil.id, by=ada.id, was=["expert"], now=["expert", "reviewer"])
    assert sentences.sentence(known, names) == "Ada changed the roles of Emil."
    assert [(str(label), value) for label, value in sentences.facts(known)] == [("Before", "expert"), ("After", "expert, reviewer")]
    strange = record("some_new_thing", "odd_table", None, by=None, hash="secret", on=True, long="x" * 500)
    assert sentences.sentence(strange, names) == "Outspoken: some new thing (odd table)"
    assert [value for _label, value in sentences.facts(strange)] == ["yes", "x" * 119 + "…"]
    gone = record("shared", "shares", None, by=rows.edda().id, accounts=[str(ada.id), str(emil.id)])
    assert sentences.sentence(gone, names) == "somebody who is gone shared a post."
    assert [value for _label, value in sentences.facts(gone)] == ["2"]


def test_every_sentence_can_be_filled() -> None:
    blanks = {"who": "A", "whom": "B", "code": "G-01 v1", "network": "Mastodon"}
    for key, sentence in sentences.SENTENCES.items():
        assert key[0] in sentences.SUBJECTS
        assert "%" not in str(sentence) % blanks


def test_every_event_that_is_recorded_has_its_sentence() -> None:
    written = re.compile(r'\brecord\(\s*"([^"]+)",\s*"([^"]+)"')
    source = "\n".join(path.read_text(encoding="utf-8") for path in Path("app").rglob("*.py"))
    found = {(subject, verb) for verb, subject in written.findall(source)}
    assert len(found) > 20
    assert found - sentences.SENTENCES.keys() == set()
    assert {subject for subject, _verb in found} - sentences.SUBJECTS.keys() == set()


def test_only_admins_see_the_trail(client: "FlaskClient", db: "Db") -> None:
    assert client.get("/admin/audit").status_code == 302
    people = [who() for who in (rows.edda, rows.ravi, rows.emil, rows.ada)]
    assert [sign_in(client, person).get("/admin/audit").status_code for person in people] == [403, 403, 403, 200]


def test_ada_reads_and_narrows(client: "FlaskClient", db: "Db") -> None:
    ada, emil = rows.ada(), rows.person("Emil <b>Bold</b>")
    record("invited", "users", emil.id, by=ada.id, roles=["expert"])
    record("topic added", "topics", None, by=ada.id, en="Pumps", de="Pumpen")
    sign_in(client, ada)
    page = client.get("/admin/audit").text
    assert "Ada invited Emil <b>Bold</b>." in words(page)
    assert "<b>Bold" not in page
    assert "Ada made a topic." in client.get("/admin/audit?what=topics").text
    assert "invited" not in words(client.get("/admin/audit?what=topics").text)
    assert "made a topic" not in client.get("/admin/audit?who=bold").text
    assert "Nothing like that happened" in client.get("/admin/audit?who=nobody").text
    assert "Nothing like that happened" in client.get("/admin/audit?day=2001-01-01").text
    assert "Write the day like" in client.get("/admin/audit?day=yesterday").text


@pytest.mark.parametrize("query", ["before=x", "before=-1", f"before={10**30}", "after=9&before=3", "what=users'--", "day=9999-12-31"])
def test_strange_addresses_do_no_harm(client: "FlaskClient", db: "Db", query: str) -> None:
    assert sign_in(client, rows.ada()).get(f"/admin/audit?{query}").status_code == 200


def test_queries_are_bounded(client: "FlaskClient", db: "Db") -> None:
    ada = rows.ada()
    for number in range(120):
        record("signed in", "users", ada.id, by=rows.person(f"P{number}").id)
    sign_in(client, ada)
    asked: list[str] = []
    event.listen(db.connection(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert client.get("/admin/audit").text.count("signed in.") == trail.PAGE
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= 5, asked
