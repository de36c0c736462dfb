"""The admin's pages of people, teams and topics: by role, by hand, several at once."""

import uuid
from typing import TYPE_CHECKING, Any

import pytest
from markupsafe import escape
from sqlalchemy import event, func, insert, select

from app.audit.models import Event
from app.notices.models import Mail
from app.people import deactivation, directory
from app.people.models import Team, Topic, User
from tests.people.builders import PASSWORD, form, links, person, sign_in, team, text, topic

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

PAGES = ["/admin/people", "/admin/people/invite", "/admin/teams", "/admin/topics"]
NOWHERE = uuid.UUID(int=7)


def admin(client: "FlaskClient") -> User:
    ada = person("Ada")
    sign_in(client, ada)
    return ada


def verbs(db: "Db") -> list[str]:
    return list(db.scalars(select(Event.verb).where(Event.verb != "signed in").order_by(Event.id)))


@pytest.mark.parametrize("path", [*PAGES, f"/admin/people/{NOWHERE}", f"/admin/teams/{NOWHERE}", f"/admin/topics/{NOWHERE}"])
@pytest.mark.parametrize("name", ["Sam", "Edda", "Ravi", "Emil", "Ada"])
def test_only_admins_enter(client: "FlaskClient", name: str, path: str) -> None:
    if name != "Sam":
        sign_in(client, person(name))
    ids = str(NOWHERE) in path
    expected = {"Sam": 302, "Ada": 404 if ids else 200}.get(name, 403)
    assert client.get(path).status_code == expected


@pytest.mark.parametrize(
    "path",
    [
        "/admin/people",
        "/admin/people/invite",
        "/admin/people/{id}",
        "/admin/people/{id}/invitation",
        "/admin/people/{id}/deactivate",
        "/admin/people/{id}/reactivate",
        "/admin/teams",
        "/admin/teams/{id}",
        "/admin/teams/{id}/close",
        "/admin/topics",
        "/admin/topics/{id}",
        "/admin/topics/{id}/retire",
        "/admin/topics/{id}/bring-back",
    ],
)
def test_nobody_else_changes_anything(client: "FlaskClient", db: "Db", path: str) -> None:
    emil, grid, netz = person("Emil"), topic("Grid", "Netz"), team("Grid")
    sign_in(client, emil)
    target: Any = {"people": emil, "teams": netz, "topics": grid}[path.split("/")[2]]
    fields = {"name": "Mine", "name_en": "Mine", "name_de": "Meins", "roles": "admin", "person": str(emil.id), "action": "add:admin"}
    assert form(client, "/me", path.format(id=target.id), people="x@y.example", **fields).status_code == 403
    assert verbs(db) == []
    assert db.get_one(User, emil.id).roles == []


@pytest.mark.parametrize("path", ["/admin/people/{}", "/admin/people/{}/deactivate", "/admin/teams/{}", "/admin/topics/{}"])
def test_what_is_not_there_is_missing_for_admins_too(client: "FlaskClient", path: str) -> None:
    admin(client)
    assert client.get(path.format(NOWHERE)).status_code == 404
    assert form(client, "/me", path.format(NOWHERE), name="x", name_en="x", name_de="x").status_code == 404


def test_people_are_found_by_the_beginning_of_a_word(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    for name, email in (("Emil Ó Ceallaigh", "emil@x.example"), ("Edda Lindqvist", "edda@x.example"), ("نور الهدى", "nur@x.example")):
        person(name, email=email)
    found = {
        words: [user.name for user in directory.find(words=words).people]
        for words in ("em", "LIND", "lind ed", "ada@", "الهدى", "%", "_", "\x00", "mil", "x" * 500)
    }
    assert found["em"] == ["Emil Ó Ceallaigh"]
    assert found["LIND"] == ["Edda Lindqvist"]
    assert found["lind ed"] == ["Edda Lindqvist"]
    assert found["ada@"] == ["Ada"]
    assert found["الهدى"] == ["نور الهدى"]
    assert found["%"] == found["_"] == found["mil"] == found["x" * 500] == []
    assert len(found["\x00"]) == 4


def test_typing_brings_only_the_list(client: "FlaskClient") -> None:
    admin(client)
    person("Emil")
    piece = client.get("/admin/people?q=em", headers={"HX-Request": "true"}).text
    assert "<html" not in piece
    assert piece.lstrip().startswith('<div id="people-list">')
    assert "emil@outspoken.example" in piece
    assert "ada@outspoken.example" not in piece


def test_the_list_filters_by_access_role_and_team(db: "Db") -> None:
    grid = team("Grid")
    person("Ada")
    person("Emil", team_id=grid.id)
    person("Zoe", invited=True)
    person("Old", deactivated_at=func.now())

    def names(**chosen: object) -> list[str]:
        return [user.name for user in directory.find(**chosen).people]  # type: ignore[arg-type]

    assert names(state="active") == ["Ada", "Emil"]
    assert names(state="invited") == ["Zoe"]
    assert names(state="deactivated") == ["Old"]
    assert names(state="made up") == ["Ada", "Emil", "Old", "Zoe"]
    assert names(role="admin") == ["Ada"]
    assert names(team_id=grid.id) == ["Emil"]


def crowd(db: "Db", number: int) -> None:
    grid = team("Grid")
    rows = [
        {"id": uuid.uuid4(), "email": f"p{n}@x.example", "name": f"P {n // 3:05}", "team_id": grid.id, "roles": []} for n in range(number)
    ]
    db.execute(insert(User), rows)
    db.commit()


def test_pages_go_forth_and_back_without_gap_even_between_same_names(db: "Db") -> None:
    crowd(db, 120)
    seen, page = [], directory.find()
    assert (page.before, page.total) == (None, 120)
    while True:
        seen += [user.id for user in page.people]
        if page.after is None:
            break
        page = directory.find(after=page.after)
    assert len(seen) == len(set(seen)) == 120
    back = directory.find(before=page.people[0].id)
    assert [user.id for user in back.people] == seen[75:100]
    assert (back.before, back.after) == (seen[75], seen[99])
    first = directory.find(before=seen[25])
    assert [user.id for user in first.people] == seen[:25]
    assert (first.before, first.after) == (None, seen[24])
    assert directory.find(after=NOWHERE).people[0].id == seen[0]


def test_beyond_a_number_people_are_not_counted_one_by_one(client: "FlaskClient", db: "Db", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory, "COUNTED", 100)
    crowd(db, 120)
    admin(client)
    assert "More than 100 people" in text(client.get("/admin/people"))
    assert "30 people" in text(client.get("/admin/people?q=0000"))


def test_the_list_takes_a_bounded_number_of_queries_with_5000_people(client: "FlaskClient", db: "Db", engine: "Engine") -> None:
    crowd(db, 5000)
    admin(client)
    statements: list[str] = []
    listen = lambda *given: statements.append(given[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    page = client.get("/admin/people?q=p")
    event.remove(engine, "before_cursor_execute", listen)
    assert "5000 people" in text(page) or "5,000 people" in text(page)
    assert len([one for one in statements if one.startswith("SELECT")]) <= 9
    assert page.text.count("<tr>") == 26


def test_several_are_invited_from_a_pasted_list(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    person("Emil")
    pasted = 'Zoë König <Zoe@Outspoken.example>, kim.van-dyk@x.example\n\n"Doe, Jo" <jo@x.example>\nEMIL@outspoken.example; nonsense\n<b>@x'
    answer = form(client, "/admin/people/invite", people=pasted, roles=["expert", "reviewer"], locale="de")
    assert answer.status_code == 200
    invited = db.execute(select(User.email, User.name, User.roles, User.locale).where(User.password_hash.is_(None)).order_by(User.email))
    both = ["expert", "reviewer"]
    assert [tuple(row) for row in invited] == [
        ("jo@x.example", "Jo Doe", both, "de"),
        ("kim.van-dyk@x.example", "Kim Van Dyk", both, "de"),
        ("zoe@outspoken.example", "Zoë König", both, "de"),
    ]
    seen = text(answer)
    assert "3 people are invited." in seen
    assert "emil@outspoken.example" in seen
    assert "nonsense" in seen
    assert "<b>@x" not in answer.text
    assert db.scalar(select(func.count()).select_from(Mail)) == 3
    again = form(client, "/admin/people/invite", people=pasted, roles=["expert"], locale="de")
    assert "invited." not in text(again)
    assert db.scalar(select(func.count()).select_from(Mail)) == 3


def test_a_line_that_will_not_do_says_why_and_can_be_corrected_at_once(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    long = f"{'N' * 101} <nora@x.example>"
    answer = form(client, "/admin/people/invite", people=f"{long}, zoe@x.example, nonsense", roles=["reviewer"], locale="de")
    seen = text(answer)
    assert "2 lines got no invitation" in seen
    assert "At most 100 characters fit here; this has 101." in seen
    assert "This is not an e-mail address." in seen
    assert escape(f"{long}\nnonsense") in answer.text
    assert '<input type="hidden" name="roles" value="reviewer">' in answer.text
    assert '<input type="hidden" name="locale" value="de">' in answer.text
    assert db.scalars(select(User.email).where(User.password_hash.is_(None))).all() == ["zoe@x.example"]


@pytest.mark.parametrize("people", ["", " , ;\n "])
def test_an_empty_list_says_what_is_missing(client: "FlaskClient", people: str) -> None:
    admin(client)
    answer = form(client, "/admin/people/invite", people=people)
    assert answer.status_code == 422
    assert "Write at least one e-mail address." in answer.text


def test_bad_roles_teams_and_too_many_are_refused(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    crowd_of_lines = "\n".join(f"p{number}@x.example" for number in range(501))
    assert form(client, "/admin/people/invite", people=crowd_of_lines).status_code == 422
    assert form(client, "/admin/people/invite", people="a@x.example", team=str(NOWHERE)).status_code == 404
    refused = form(client, "/admin/people/invite", people="a@x.example", roles="emperor")
    assert "1 person is invited" not in text(refused)
    assert db.scalar(select(func.count()).select_from(User)) == 1


def test_an_invitation_is_sent_again_and_voids_the_first(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    form(client, "/admin/people/invite", people="zoe@x.example")
    zoe = db.scalars(select(User).where(User.email == "zoe@x.example")).one()
    page = f"/admin/people/{zoe.id}"
    assert "Send the invitation again" in client.get(page).text
    assert form(client, page, f"{page}/invitation").status_code == 303
    first, second = links("zoe@x.example")
    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200
    emil = person("Emil")
    assert form(client, page, f"/admin/people/{emil.id}/invitation").status_code == 409


def test_roles_and_team_of_one_person(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    emil, grid = person("Emil"), team("Grid")
    page = f"/admin/people/{emil.id}"
    assert form(client, page, roles=["reviewer", "expert", "expert"], team=str(grid.id)).status_code == 303
    saved = db.get_one(User, emil.id)
    assert (saved.roles, saved.team_id) == (["expert", "reviewer"], grid.id)
    assert form(client, page, roles=["emperor"]).status_code == 422
    assert form(client, page, team=str(NOWHERE)).status_code == 404
    assert form(client, page).status_code == 303
    saved = db.get_one(User, emil.id, populate_existing=True)
    assert (saved.roles, saved.team_id) == ([], None)
    assert verbs(db) == ["roles changed", "team changed", "roles changed", "team changed"]


def test_several_are_changed_at_once(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    grid, people = team("Grid"), [person("Emil"), person("Edda"), person("Ravi")]
    ids = [str(one.id) for one in people]
    form(client, "/admin/people", person=[*ids, ids[0], "no id"], action="add:reviewer", kept_q="e")
    answer = form(client, "/admin/people", person=ids[:2], action=f"team:{grid.id}", kept_q="e")
    assert answer.headers["Location"] == "/admin/people?q=e"
    form(client, "/admin/people", person=ids[1:], action="take:expert")
    rows = db.execute(select(User.name, User.roles, User.team_id).where(User.id.in_([one.id for one in people])).order_by(User.name))
    assert [tuple(row) for row in rows] == [("Edda", ["reviewer"], grid.id), ("Emil", ["reviewer"], grid.id), ("Ravi", ["reviewer"], None)]


@pytest.mark.parametrize("action", ["", "add:emperor", "burn:all", "team:" + str(NOWHERE)])
def test_an_action_that_is_none_changes_nothing(client: "FlaskClient", db: "Db", action: str) -> None:
    admin(client)
    emil = person("Emil")
    assert form(client, "/admin/people", person=str(emil.id), action=action).status_code in (303, 404, 409, 422)
    assert verbs(db) == []


def test_one_unknown_person_stops_the_whole_change(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    emil = person("Emil")
    assert form(client, "/admin/people", person=[str(emil.id), str(NOWHERE)], action="add:admin").status_code == 404
    assert db.get_one(User, emil.id, populate_existing=True).roles == []


def test_deactivation_says_first_what_it_does_and_then_does_it(client: "FlaskClient", app: "Flask", db: "Db") -> None:
    admin(client)
    emil = person("Emil")
    victim = app.test_client()
    sign_in(victim, emil)
    stopped: list[uuid.UUID] = []
    deactivation.WHEN_DEACTIVATED.append(lambda user: stopped.append(user.id))
    try:
        page = f"/admin/people/{emil.id}/deactivate"
        assert "Shares that have not gone out yet are stopped." in client.get(page).text
        assert victim.get("/me").status_code == 200
        for _time in range(2):
            assert form(client, page).status_code == 303
    finally:
        deactivation.WHEN_DEACTIVATED.pop()
    assert stopped == [emil.id]
    assert victim.get("/me").status_code == 302
    assert form(victim, "/sign-in", email=emil.email, password=PASSWORD).status_code == 422
    assert form(client, f"/admin/people/{emil.id}", f"/admin/people/{emil.id}/reactivate").status_code == 303
    assert victim.get("/me").status_code == 302
    assert form(victim, "/sign-in", email=emil.email, password=PASSWORD).status_code == 303
    assert verbs(db) == ["deactivated", "reactivated"]


def test_the_last_admin_stays(client: "FlaskClient", db: "Db") -> None:
    ada = admin(client)
    person("Zoe", roles=["admin"], invited=True)
    person("Old", roles=["admin"], deactivated_at=func.now())
    page = f"/admin/people/{ada.id}"
    for answer in (
        form(client, page, roles=["expert"]),
        form(client, f"{page}/deactivate"),
        form(client, "/admin/people", person=str(ada.id), action="take:admin"),
    ):
        assert answer.status_code == 409
        assert "This is the last admin who can sign in." in answer.text
    assert db.get_one(User, ada.id, populate_existing=True).roles == ["admin"]
    assert verbs(db) == []


def test_teams_are_added_renamed_and_closed(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    assert form(client, "/admin/teams", name="  Netz  &  Planung ").status_code == 303
    netz = db.scalars(select(Team)).one()
    assert netz.name == "Netz & Planung"
    work, emil = team("Work"), person("Emil", team_id=netz.id)
    taken = form(client, f"/admin/teams/{netz.id}", name="Work")
    assert (taken.status_code, "There is a team of this name already." in taken.text) == (422, True)
    for name, sentence in (("", "This must not be empty."), ("x" * 500, "At most 100 characters"), ("Work", "There is a team")):
        answer = form(client, "/admin/teams", name=name)
        assert (answer.status_code, sentence in answer.text) == (422, True)
    assert form(client, f"/admin/teams/{netz.id}", name="<i>Grid</i>").status_code == 303
    page = client.get("/admin/teams").text
    assert "&lt;i&gt;Grid&lt;/i&gt;" in page
    assert "<i>Grid" not in page
    assert form(client, f"/admin/teams/{netz.id}", f"/admin/teams/{netz.id}/close", move_to=str(netz.id)).status_code == 404
    assert form(client, f"/admin/teams/{netz.id}", f"/admin/teams/{netz.id}/close", move_to=str(work.id)).status_code == 303
    assert db.get_one(User, emil.id, populate_existing=True).team_id == work.id
    assert [one.name for one in db.scalars(select(Team))] == ["Work"]
    assert verbs(db) == ["team added", "team renamed", "team closed"]


def test_topics_are_added_renamed_retired_and_brought_back(client: "FlaskClient", db: "Db") -> None:
    admin(client)
    assert form(client, "/admin/topics", name_en="Grid", name_de="Netz").status_code == 303
    grid = db.scalars(select(Topic)).one()
    for names, sentence in (
        ({"name_en": "Grid", "name_de": "Strom"}, "There is a topic of this name already."),
        ({"name_en": "Power", "name_de": "Netz"}, "There is a topic of this name already."),
        ({"name_en": "Power", "name_de": ""}, "This must not be empty."),
    ):
        answer = form(client, "/admin/topics", **names)
        assert (answer.status_code, sentence in answer.text) == (422, True)
        assert f'value="{names["name_de"]}"' in answer.text
    page = f"/admin/topics/{grid.id}"
    assert form(client, page, name_en="Grids", name_de="Netze").status_code == 303
    for _time in range(2):
        assert form(client, page, f"{page}/retire").status_code == 303
    assert db.get_one(Topic, grid.id, populate_existing=True).retired_at is not None
    assert "Grids" not in client.get("/me").text
    assert form(client, page, f"{page}/bring-back").status_code == 303
    assert "Grids" in client.get("/me").text
    assert verbs(db) == ["topic added", "topic renamed", "topic retired", "topic brought back"]


def test_the_admins_pages_begin_with_the_people_and_name_each_other(client: "FlaskClient") -> None:
    admin(client)
    assert client.get("/admin").headers["Location"] == "/admin/people"
    page = client.get("/admin/teams").text
    assert 'href="/admin/teams" aria-current="page"' in page
    assert 'href="/admin/people"' in page
