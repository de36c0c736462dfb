"""The rulebook's pages, for each of the cast."""

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, select

from app.guidelines import acknowledgements, editing, rulebook
from app.guidelines.models import Acknowledgement
from tests import rows
from tests.guidelines.browsing import post, sign_in, words
from tests.guidelines.builders import GERMAN, WORDS, full_book, rule, texts

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

READ = ["/guidelines", "/guidelines/G-07", "/guidelines/G-07/v1", "/guidelines/changes", "/guidelines/first", "/guidelines?q=pump"]
EDIT = ["/guidelines/new", "/guidelines/G-07/edit"]


def typed(**english: str) -> dict[str, str]:
    """The form of a rule as a browser sends it."""
    fields = {f"en_{part}": text for part, text in (WORDS | english).items()}
    return fields | {f"de_{part}": text for part, text in GERMAN.items()} | {"severity": "must_fix", "expected": "1", "do": "save"}


@pytest.mark.parametrize("url", READ)
@pytest.mark.parametrize("who", [rows.edda, rows.ravi, rows.emil, rows.ada])
@pytest.mark.parametrize("locale", ["en", "de"])
def test_everybody_reads(client: "FlaskClient", db: "Db", url: str, who: object, locale: str) -> None:
    full_book()
    person = who()  # type: ignore[operator]
    person.locale = locale
    assert sign_in(client, person).get(url).status_code == 200


@pytest.mark.parametrize("url", READ + EDIT)
def test_sam_is_sent_to_the_sign_in(client: "FlaskClient", db: "Db", url: str) -> None:
    full_book()
    answer = client.get(url)
    assert (answer.status_code, answer.location.partition("?")[0]) == (302, "/sign-in")


@pytest.mark.parametrize("url", EDIT)
def test_reviewers_and_admins_edit(client: "FlaskClient", db: "Db", url: str) -> None:
    full_book()
    statuses = [sign_in(client, who()).get(url).status_code for who in (rows.edda, rows.emil, rows.ravi, rows.ada)]
    assert statuses == [403, 403, 200, 200]


@pytest.mark.parametrize("url", ["/guidelines/new", "/guidelines/G-07/edit", "/guidelines/G-07/retirement", "/guidelines/starter"])
def test_an_employee_changes_nothing(client: "FlaskClient", db: "Db", url: str) -> None:
    full_book()
    assert post(sign_in(client, rows.emil()), url, typed(), page="/guidelines").status_code == 403
    assert [version.code for version in rulebook.current()][6] == "G-07 v1"


@pytest.mark.parametrize("url", ["G-99", "nonsense", "G-07/v2", "G-07/v0", "G-07/v99999999999999", "G-999999999999", "-1", "G-07/vx"])
def test_what_is_not_there_is_not_found(client: "FlaskClient", db: "Db", url: str) -> None:
    full_book()
    assert sign_in(client, rows.emil()).get(f"/guidelines/{url}").status_code == 404


def test_an_older_wording_says_so_and_shows_the_difference(client: "FlaskClient", db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    editing.revise(1, texts=texts(why="Because it helps all of us."), severity="blocker", expected=1, by=ravi.id)
    page = sign_in(client, rows.emil()).get("/guidelines/G-01/v1").text
    assert "An older wording; the present one is v2" in page
    assert "<ins> all of us</ins>" in page
    assert "Because it helps." in words(page)
    assert "http://localhost/guidelines/G-01/v1" in page
    present = client.get("/guidelines/G-01").text
    assert "An older wording" not in present
    assert "http://localhost/guidelines/G-01/v2" in present


def test_ravi_writes_a_new_version(client: "FlaskClient", db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    answer = post(sign_in(client, ravi), "/guidelines/G-01/edit", typed(why="New."), page="/guidelines/G-01/edit")
    assert (answer.status_code, answer.location) == (303, "/guidelines/G-01")
    assert "Saved as G-01 v2" in client.get("/guidelines/G-01").text
    assert rulebook.wording(1).texts["en"]["why"] == "New."


def test_the_difference_is_shown_before_anything_is_saved(client: "FlaskClient", db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    fields = typed(why="Because it helps us.") | {"do": "preview"}
    page = post(sign_in(client, ravi), "/guidelines/G-01/edit", fields, page="/guidelines/G-01/edit")
    assert page.status_code == 200
    assert "<ins> us</ins>" in page.text
    assert "everybody is asked to read what changed" in page.text
    assert rulebook.wording(1).version == 1


def test_a_collision_loses_nothing(client: "FlaskClient", db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi)
    editing.revise(1, texts=texts(why="From Ada."), severity="must_fix", expected=1, by=rows.ada().id)
    page = post(sign_in(client, ravi), "/guidelines/G-01/edit", typed(why="From Ravi."), page="/guidelines/G-01/edit")
    assert page.status_code == 409
    assert "From Ravi." in page.text
    assert "<del>Ada</del><ins>Ravi</ins>" in page.text
    assert 'name="expected" value="2"' in page.text
    assert rulebook.wording(1).texts["en"]["why"] == "From Ada."
    again = post(client, "/guidelines/G-01/edit", typed(why="From Ravi.") | {"expected": "2"}, page="/guidelines/G-01/edit")
    assert (again.status_code, rulebook.wording(1).code) == (303, "G-01 v3")


def test_a_mistake_comes_back_with_everything_typed(client: "FlaskClient", db: "Db") -> None:
    answer = post(sign_in(client, rows.ravi()), "/guidelines/new", typed(title="", why="<b>Kept</b>"), page="/guidelines/new")
    assert answer.status_code == 422
    assert "&lt;b&gt;Kept&lt;/b&gt;" in answer.text
    assert 'id="en_title-error"' in answer.text
    assert rulebook.current() == []


def test_hostile_words_are_words(client: "FlaskClient", db: "Db") -> None:
    ravi = rows.ravi()
    rule(ravi, title="<script>alert(1)</script>")
    page = sign_in(client, ravi).get("/guidelines/G-01").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_rule_is_added_retired_and_brought_back(client: "FlaskClient", db: "Db") -> None:
    sign_in(client, rows.ravi())
    assert post(client, "/guidelines/new", typed(), page="/guidelines/new").location == "/guidelines/G-01"
    assert post(client, "/guidelines/G-01/retirement", page="/guidelines/G-01").status_code == 303
    assert "no longer in force" in client.get("/guidelines/G-01").text
    assert rulebook.current() == []
    assert post(client, "/guidelines/G-01/reinstatement", page="/guidelines/G-01").status_code == 303
    assert len(rulebook.current()) == 1


def test_an_empty_rulebook_is_filled_by_a_reviewer(client: "FlaskClient", db: "Db") -> None:
    sign_in(client, rows.ravi())
    assert "still empty" in client.get("/guidelines").text
    assert post(client, "/guidelines/starter", page="/guidelines").status_code == 303
    assert len(rulebook.current()) == 24


def test_emil_acknowledges_and_is_asked_only_about_what_is_new(client: "FlaskClient", db: "Db") -> None:
    full_book()
    emil, ravi = rows.emil(), rows.ravi()
    sign_in(client, emil)
    assert post(client, "/guidelines/acknowledgement", {"edition": "1"}, page="/guidelines").location == "/guidelines"
    assert "You read this rulebook on" in client.get("/guidelines").text
    assert "You are up to date" in client.get("/guidelines/changes").text
    present = rulebook.wording(7)
    changed = {language: dict(found) for language, found in present.texts.items()}
    changed["en"]["why"] += " And we mean it."
    editing.revise(7, texts=changed, severity="blocker", expected=1, by=ravi.id)
    assert "Something that matters has changed" in client.get("/guidelines").text
    page = client.get("/guidelines/changes").text
    assert page.count('<article class="rule short"') == 1
    assert "<ins> And we mean it.</ins>" in page
    post(client, "/guidelines/acknowledgement", {"edition": "2"}, page="/guidelines/changes")
    assert acknowledgements.pending(emil) is None


def test_the_first_visit_goes_on_to_its_second_step(client: "FlaskClient", db: "Db") -> None:
    full_book()
    emil = rows.emil()
    page = sign_in(client, emil).get("/guidelines/first").text
    assert page.count('<article class="rule"') == 5
    fields = {"edition": "1", "then": "first-visit"}
    assert post(client, "/guidelines/acknowledgement", fields, page="/guidelines/first").location == "/first-visit?step=2"
    assert db.scalars(select(Acknowledgement.user_id)).all() == [emil.id]


@pytest.mark.parametrize("edition", ["", "x", "0", "2", "-1", "99999999999999999999"])
def test_a_strange_edition_is_refused(client: "FlaskClient", db: "Db", edition: str) -> None:
    full_book()
    answer = post(sign_in(client, rows.emil()), "/guidelines/acknowledgement", {"edition": edition}, page="/guidelines")
    assert answer.status_code == 422


def test_a_form_without_its_token_is_refused(client: "FlaskClient", db: "Db") -> None:
    full_book()
    assert sign_in(client, rows.emil()).post("/guidelines/acknowledgement", data={"edition": "1"}).status_code == 400


def test_the_search_works_without_script(client: "FlaskClient", db: "Db") -> None:
    full_book()
    sign_in(client, rows.emil())
    assert client.get("/guidelines?q=7").text.partition('<article class="rule" id="')[2].startswith("G-07")
    assert "No rule has these words" in client.get("/guidelines?q=zzz").text
    assert client.get("/guidelines?q=" + "x" * 5000).status_code == 200


def test_a_long_rulebook_comes_in_pages(client: "FlaskClient", db: "Db") -> None:
    full_book()
    ravi = rows.ravi()
    for _number in range(20):
        rule(ravi, "advice")
    sign_in(client, rows.emil())
    first = client.get("/guidelines").text
    assert first.count('<article class="rule"') == 30
    assert "/guidelines?from=31" in first
    assert client.get("/guidelines?from=31").text.count('<article class="rule"') == 14


@pytest.mark.parametrize(("url", "most"), [("/guidelines", 6), ("/guidelines/G-07", 6), ("/guidelines/changes", 6)])
def test_queries_are_bounded(client: "FlaskClient", db: "Db", url: str, most: int) -> None:
    full_book()
    sign_in(client, rows.emil())
    client.get(url)
    asked: list[str] = []
    event.listen(db.connection(), "before_cursor_execute", lambda *call: asked.append(call[2]))
    client.get(url)
    assert len([statement for statement in asked if statement.startswith("SELECT")]) <= most, asked
