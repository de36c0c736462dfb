"""The author's pages: by role, with bad input, with somebody else's ids, with and without htmx."""

import io
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.clock import now
from app.editorial import content as contents
from app.editorial import drafts, pictures, proposals
from app.editorial.media_models import LinkPreview
from app.editorial.models import Proposal, Revision
from app.ids import uuid7
from app.people.models import User
from tests import rows
from tests.editorial import builders
from tests.signed_in import browser

HX = {"HX-Request": "true"}


@pytest.fixture
def edda(db: Any) -> User:
    """The expert."""
    return rows.edda()


@pytest.fixture
def window(app: Flask, client: FlaskClient, edda: User) -> FlaskClient:
    """Edda's browser."""
    return browser(app, edda)


def sheet(proposal_id: Any = None, basis: int = 0, tab: str = "one", **more: str) -> dict[str, str]:
    """A filled editor form."""
    hidden = {"proposal": str(proposal_id or uuid7()), "basis": str(basis), "tab": tab}
    return builders.form() | hidden | {key.replace("__", "-"): value for key, value in more.items()}


def only(db: Any) -> Proposal:
    """The one proposal there is."""
    found: Proposal = db.scalars(select(Proposal)).one()
    return found


def count(db: Any, table: Any) -> int:
    """How many rows."""
    return db.scalar(select(func.count()).select_from(table)) or 0


PAGES = ("/write", "/proposals", "/proposals/{id}", "/proposals/{id}/edit", "/proposals/{id}/link", "/proposals/{id}/compare")


@pytest.mark.parametrize("page", PAGES)
def test_the_author_sees_every_page(window: FlaskClient, edda: User, page: str) -> None:
    proposal = builders.submitted(edda)
    if page.endswith("edit"):
        proposal.state = "changes_requested"
    assert window.get(page.format(id=proposal.id)).status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_others_see_none_of_it(app: Flask, client: FlaskClient, edda: User, page: str) -> None:
    address = page.format(id=builders.submitted(edda).id)
    own = "{id}" not in page
    assert browser(app, rows.person("Emma", "expert")).get(address).status_code == (200 if own else 404)
    reviewer = 200 if page.endswith("compare") else 403
    assert browser(app, rows.ravi()).get(address).status_code == reviewer
    employee = 404 if page.endswith("compare") else 403
    assert browser(app, rows.emil()).get(address).status_code == employee
    assert browser(app, rows.ada()).get(address).status_code == employee
    assert client.get(address).location.startswith("/sign-in")


def test_opening_a_blank_sheet_keeps_nothing(window: FlaskClient, db: Any) -> None:
    window.get("/write")
    assert count(db, Proposal) == 0


def test_saving_a_blank_sheet_keeps_nothing(window: FlaskClient, db: Any) -> None:
    blank = {"proposal": str(uuid7()), "basis": "0", "tab": "one", "language": "de", "text-en": " "}
    assert window.post("/proposals/draft", data=blank).location == "/write"
    assert window.post("/proposals/draft", data=blank, headers=HX).status_code == 204
    assert count(db, Proposal) == 0


def test_the_first_save_makes_the_proposal_and_opens_it(window: FlaskClient, db: Any) -> None:
    answer = window.post("/proposals/draft", data=sheet())
    assert (answer.status_code, answer.location) == (303, f"/proposals/{only(db).id}/edit")


def test_an_autosave_answers_with_what_changed(window: FlaskClient, db: Any) -> None:
    form = sheet(text__en="Cold seals at work")
    answer = window.post("/proposals/draft", data=form, headers=HX)
    assert answer.status_code == 200
    assert answer.headers["HX-Replace-Url"] == f"/proposals/{form['proposal']}/edit"
    assert re.search(r'name="basis" value="1"', answer.text)
    assert "Saved" in answer.text
    assert answer.text.count("Cold seals at work") == len(re.findall(r'id="shown-', answer.text))


def test_typed_markup_is_shown_as_text(window: FlaskClient, edda: User) -> None:
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>\x00\u202e'
    made = builders.draft(
        edda, text__en=hostile, why__en=hostile, link__title=hostile, link__url="https://example.com", variant__0__text=hostile
    )
    for page in (f"/proposals/{made.id}/edit", f"/proposals/{made.id}", "/proposals"):
        text = window.get(page).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "\x00" not in text
        assert "\u202e" not in text


def test_a_stale_tab_sees_both_texts_and_chooses(window: FlaskClient, edda: User, db: Any) -> None:
    mine = sheet(builders.draft(edda, text__en="From the other window").id, basis=0, tab="two", text__en="From this window")
    for headers in ({}, HX):
        answer = window.post("/proposals/draft", data=mine, headers=headers)
        assert answer.status_code == 409
        assert "From the other window" in answer.text
        assert contents.of(only(db).draft)["texts"]["en"] == "From the other window"
    assert "From this window" in window.post("/proposals/draft", data=mine).text
    choice = re.search(r'value="(anyway-\d+)"', answer.text)
    assert choice is not None
    assert window.post("/proposals/draft", data=mine | {"do": choice[1]}).status_code == 303
    assert contents.of(only(db).draft)["texts"]["en"] == "From this window"


def test_choosing_ones_own_does_not_overwrite_a_third_text(window: FlaskClient, edda: User, db: Any) -> None:
    made = builders.draft(edda, text__en="First")
    drafts.change(edda, made.id, {"texts": {"en": "Third", "de": ""}})
    db.commit()
    answer = window.post("/proposals/draft", data=sheet(made.id, basis=0, tab="two", do="anyway-1"))
    assert (answer.status_code, contents.of(only(db).draft)["texts"]["en"]) == (409, "Third")


def test_after_the_sign_in_ended_the_text_comes_back(client: FlaskClient) -> None:
    form = sheet(text__en="Do not lose me <b>")
    plain = client.post("/proposals/draft", data=form)
    assert plain.status_code == 401
    assert "Do not lose me &lt;b&gt;" in plain.text
    assert "/sign-in?next=/write" in plain.text
    live = client.post("/proposals/draft", data=form, headers=HX)
    assert live.status_code == 401
    assert "kept in this browser" in live.text
    assert "HX-Redirect" not in live.headers
    for address in ("/proposals/submit", "/media"):
        assert "Do not lose me &lt;b&gt;" in client.post(address, data=form).text


def test_a_form_without_its_token_is_not_saved_and_comes_back(window: FlaskClient, db: Any) -> None:
    del window.environ_base["HTTP_X_CSRFTOKEN"]
    answer = window.post("/proposals/draft", data=sheet(text__en="Still here"))
    assert (answer.status_code, count(db, Proposal)) == (403, 0)
    assert "Still here" in answer.text


@pytest.mark.parametrize("address", ["/proposals/draft", "/proposals/submit", "/media"])
def test_who_may_not_propose_saves_nothing(app: Flask, client: FlaskClient, db: Any, address: str) -> None:
    assert browser(app, rows.emil()).post(address, data=sheet()).status_code == 403
    assert count(db, Proposal) == 0


@pytest.mark.parametrize("address", ["/proposals/draft", "/proposals/submit", "/media"])
def test_somebody_elses_ids_in_the_form_are_missing(window: FlaskClient, db: Any, address: str) -> None:
    other = rows.person("Emma", "expert")
    theirs = builders.draft(other).id
    media, _made = pictures.take(other.id, builders.picture())
    db.commit()
    for form in (
        sheet(theirs, basis=1),
        sheet(theirs, basis=0),
        sheet(picture__0__media_id=str(media.id)),
        sheet(topic_id=str(uuid.uuid4())),
        sheet() | {"proposal": "x"},
        sheet() | {"basis": "x"},
    ):
        assert window.post(address, data=form).status_code == 404
    assert (only(db).id, only(db).draft_version) == (theirs, 1)


def test_somebody_elses_proposals_and_remarks_are_missing(app: Flask, client: FlaskClient, edda: User) -> None:
    remark = builders.sent_back(edda, rows.ravi())
    proposal_id = remark.review.revision.proposal_id if remark.review else None
    emma = browser(app, rows.person("Emma", "expert"))
    for address in (
        f"/proposals/{proposal_id}/withdraw",
        f"/proposals/{proposal_id}/take-up",
        f"/proposals/remarks/{remark.id}/accept",
        f"/proposals/remarks/{remark.id}/answer",
    ):
        assert emma.post(address, data={"answer": "Mine"}).status_code == 404


def test_submitting_twice_makes_one_revision(window: FlaskClient, db: Any) -> None:
    form = sheet()
    first = window.post("/proposals/submit", data=form)
    second = window.post("/proposals/submit", data=form)
    assert (first.status_code, first.location) == (303, second.location) == (303, f"/proposals/{form['proposal']}")
    assert count(db, Revision) == 1


def test_an_old_window_does_not_lose_its_text_by_submitting(window: FlaskClient, edda: User) -> None:
    made = builders.submitted(edda).id
    answer = window.post("/proposals/submit", data=sheet(made, basis=1, text__en="Something newer"))
    assert answer.status_code == 409
    assert "Something newer" in answer.text


def test_two_clicks_at_once_make_one_revision(app: Flask, committed: Any) -> None:
    edda = rows.edda()
    windows = [browser(app, edda) for _ in range(2)]
    form = sheet()
    committed.commit()
    committed.remove()
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda window: window.post("/proposals/submit", data=form), windows))
    assert [(one.status_code, one.location) for one in answers] == [(303, f"/proposals/{form['proposal']}")] * 2
    assert count(committed, Revision) == 1


def test_what_is_missing_is_marked_and_the_text_is_kept(window: FlaskClient, db: Any) -> None:
    answer = window.post("/proposals/submit", data=sheet(topic_id="", why__en="", text__en="Kept"))
    assert answer.location == f"/proposals/{only(db).id}/edit?check=1"
    page = window.get(answer.location).text
    assert contents.of(only(db).draft)["texts"]["en"] == "Kept"
    assert len(re.findall(r'aria-invalid="true"', page)) == 2
    assert count(db, Revision) == 0


@pytest.mark.parametrize("address", ["/proposals/draft", "/proposals/submit"])
def test_five_hundred_wordings_come_back_with_a_sentence(window: FlaskClient, db: Any, address: str) -> None:
    many = {f"variant-{number}-text": f"wording {number}." for number in range(500)}
    answer = window.post(address, data=sheet() | many)
    assert (answer.status_code, count(db, Proposal)) == (422, 0)
    assert "can have 20 wordings" in answer.text
    assert "wording 499." in answer.text


def test_a_hundred_kilobytes_are_kept_and_told_on_submitting(window: FlaskClient, db: Any) -> None:
    window.post("/proposals/submit", data=sheet(text__en="word " * 20_000))
    assert len(contents.of(only(db).draft)["texts"]["en"]) == 99_999
    assert "longer than 5,000 characters" in window.get(f"/proposals/{only(db).id}/edit?check=1").text


def test_more_than_a_draft_can_hold_comes_back(window: FlaskClient, db: Any) -> None:
    answer = window.post("/proposals/draft", data=sheet(text__en="x" * 200_001), headers=HX)
    assert (answer.status_code, count(db, Proposal)) == (422, 0)
    assert "more than a draft can hold" in answer.text


def test_what_was_submitted_elsewhere_comes_back_with_a_sentence(window: FlaskClient, edda: User) -> None:
    made = builders.submitted(edda).id
    answer = window.post("/proposals/draft", data=sheet(made, basis=1, text__en="Too late"))
    assert answer.status_code == 409
    assert "Too late" in answer.text
    assert "submitted this already" in answer.text
    assert window.get(f"/proposals/{made}/edit").location == f"/proposals/{made}"


def test_wordings_are_added_and_taken_away_without_script(window: FlaskClient, edda: User, db: Any) -> None:
    made = builders.draft(edda)
    added = window.post("/proposals/draft", data=sheet(made.id, basis=1, do="add-variants"))
    assert added.location == f"/proposals/{made.id}/edit#variant-0"
    gone = window.post("/proposals/draft", data=sheet(made.id, basis=3, do="remove-variants-0", variant__0__text="No"))
    assert gone.location.endswith("#wordings")
    assert contents.of(only(db).draft)["variants"] == []


def test_withdraw_and_take_up(window: FlaskClient, edda: User, db: Any) -> None:
    made = builders.submitted(edda)
    assert "Withdrawn" in window.post(f"/proposals/{made.id}/withdraw", follow_redirects=True).text
    assert window.post(f"/proposals/{made.id}/take-up").location == f"/proposals/{made.id}/edit"
    assert only(db).state == "draft"


def test_a_remark_is_accepted_with_one_key_and_answered(window: FlaskClient, edda: User, db: Any) -> None:
    remark = builders.sent_back(edda, rows.ravi())
    page = window.get(f"/proposals/{only(db).id}").text
    assert page.count('data-key="y"') == 1
    done = window.post(f"/proposals/remarks/{remark.id}/accept", follow_redirects=True)
    assert "Taken over" in done.text
    empty = window.post(f"/proposals/remarks/{remark.id}/answer", data={"answer": " "})
    assert (empty.status_code, "Write a few words" in empty.text) == (422, False)


def test_what_was_asked_for_stands_beside_the_text_until_it_is_done(window: FlaskClient, edda: User, db: Any) -> None:
    remark = builders.sent_back(edda, rows.ravi())
    editor = f"/proposals/{only(db).id}/edit"
    page = window.get(editor).text
    assert remark.message in page
    assert "Ravi" in page
    window.post(f"/proposals/remarks/{remark.id}/accept")
    assert remark.message not in window.get(editor).text
    stored = only(db)
    window.post("/proposals/submit", data=sheet(stored.id, basis=stored.draft_version))
    assert proposals.to_answer(edda, stored.id) is None


def test_what_was_asked_for_is_its_authors(edda: User, db: Any) -> None:
    builders.sent_back(edda, rows.ravi())
    assert proposals.to_answer(edda, only(db).id) is not None
    assert proposals.to_answer(rows.emil(), only(db).id) is None


def test_the_editor_takes_few_queries(window: FlaskClient, edda: User, db: Any, queries: Any) -> None:
    remark = builders.sent_back(edda, rows.ravi())
    remark.guideline_version_id = rows.guideline().id
    editor = f"/proposals/{only(db).id}/edit"
    db.commit()
    db.expire_all()
    with queries() as seen:
        assert remark.message in window.get(editor).text
    assert len(seen) <= 9


def test_the_same_again_is_refused_kindly(window: FlaskClient, edda: User, db: Any) -> None:
    builders.sent_back(edda, rows.ravi())
    same = sheet(only(db).id, basis=1, topic_id=str(only(db).topic_id))
    answer = window.post("/proposals/submit", data=same)
    assert (answer.status_code, count(db, Revision)) == (303, 1)
    assert "Nothing has changed since revision 1" in window.get(answer.location).text


def test_an_answer_without_words_keeps_the_place(window: FlaskClient, edda: User) -> None:
    remark = builders.sent_back(edda, rows.ravi())
    answer = window.post(f"/proposals/remarks/{remark.id}/answer", data={"answer": "x" * 2001})
    assert answer.status_code == 422
    assert "x" * 2001 in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_the_list_says_where_each_stands(window: FlaskClient, edda: User) -> None:
    assert "Write the first one" in window.get("/proposals").text
    builders.submitted(edda)
    late = builders.submitted(edda)
    late.submitted_at = now() - timedelta(days=9)
    text = window.get("/proposals").text
    assert "Second in line, answer expected by" in text
    assert "Next in line. The answer is late" in text
    assert "Nothing here" in window.get("/proposals?show=approved").text
    assert window.get("/proposals?before=x").status_code == 404


def test_the_list_takes_few_queries_however_long_it_is(window: FlaskClient, edda: User, db: Any, queries: Any) -> None:
    for _number in range(12):
        builders.submitted(edda)
    db.commit()
    db.expire_all()
    with queries() as seen:
        window.get("/proposals")
    assert len(seen) <= 6


def test_a_proposals_page_takes_few_queries(window: FlaskClient, edda: User, db: Any, queries: Any) -> None:
    remark = builders.sent_back(edda, rows.ravi())
    remark.guideline_version_id = rows.guideline().id
    proposal_id = only(db).id
    db.commit()
    db.expire_all()
    with queries() as seen:
        assert "42 winter tests" in window.get(f"/proposals/{proposal_id}").text
    assert len(seen) <= 9


def test_two_revisions_are_compared(window: FlaskClient, edda: User, db: Any) -> None:
    builders.sent_back(edda, rows.ravi())
    made = only(db)
    drafts.change(edda, made.id, {"texts": {"en": builders.TEXT.replace("42", "43"), "de": ""}})
    window.post("/proposals/submit", data=sheet(made.id, basis=2, text__en=builders.TEXT.replace("42", "43"), topic_id=str(made.topic_id)))
    page = window.get(f"/proposals/{made.id}/compare?from=1&to=2").text
    assert re.search(r"<del>.*gone:.*42.*</del>", page)
    assert re.search(r"<ins>.*new:.*43.*</ins>", page)
    for query in ("from=1&to=9", "from=x", "to=0"):
        assert window.get(f"/proposals/{made.id}/compare?{query}").status_code == 404


def test_the_link_says_how_far_its_preview_is(window: FlaskClient, edda: User, db: Any) -> None:
    address = f"/proposals/{builders.draft(edda, link__url='https://example.com/page').id}/link"

    def comes(**facts: Any) -> str:
        db.execute(update(LinkPreview).values(fetched_at=now(), **facts))
        db.commit()
        return window.get(address).text

    assert "every 2s" in window.get(address).text
    failed = comes(state="failed", problem="address_refused")
    assert "inside a private network" in failed
    assert "every 2s" not in failed
    assert 'value="All about &lt;seals&gt;"' in comes(state="ready", title="All about <seals>", problem=None)


def test_a_reader_sees_the_real_address_of_a_look_alike(window: FlaskClient, edda: User) -> None:
    made = builders.draft(edda, link__url="https://аpple.com/", link__title="Apple")
    assert "xn--pple-43d.com" in window.get(f"/proposals/{made.id}/edit").text


def upload(window: FlaskClient, data: bytes, headers: Any = None, **more: Any) -> Any:
    """Send the editor's form with a file that lies about itself."""
    form = sheet(**more) | {"picture": FileStorage(io.BytesIO(data), "../../evil.svg", content_type="image/svg+xml")}
    boundary, body = encode_multipart(form)
    return window.post("/media", data=body, headers=headers, content_type=f"multipart/form-data; boundary={boundary}")


def test_a_picture_is_added_with_what_was_typed(window: FlaskClient, db: Any) -> None:
    answer = upload(window, builders.picture(), text__en="With a picture")
    assert answer.location == f"/proposals/{only(db).id}/edit#pictures"
    draft = contents.of(only(db).draft)
    assert (draft["texts"]["en"], len(draft["pictures"])) == ("With a picture", 1)
    page = window.get(f"/proposals/{only(db).id}/edit").text
    address = f"/media/{draft['pictures'][0]['media_id']}/card"
    assert address in page
    picture = window.get(address)
    assert (picture.status_code, picture.mimetype) == (200, "image/webp")
    assert "immutable" in picture.headers["Cache-Control"]
    assert "private" in picture.headers["Cache-Control"]
    assert picture.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    window.post(
        "/proposals/draft", data=sheet(only(db).id, basis=2, picture__0__media_id=draft["pictures"][0]["media_id"], do="remove-pictures-0")
    )
    assert contents.of(only(db).draft)["pictures"] == []


def test_a_picture_is_nobody_elses(app: Flask, client: FlaskClient, edda: User) -> None:
    media, _made = pictures.take(edda.id, builders.picture())
    address = f"/media/{media.id}/full"
    assert browser(app, edda).get(address).status_code == 200
    assert browser(app, rows.ravi()).get(address).status_code == 200
    assert browser(app, rows.emil()).get(address).status_code == 404
    assert browser(app, rows.ada()).get(address).status_code == 404
    assert client.get(address).location.startswith("/sign-in")


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"no picture", "not a picture that we can read"), (b"", "No picture was chosen"), (b"\0" * (21 * 1024 * 1024), "20 MB")],
)
def test_a_refused_file_costs_nothing_of_the_text(window: FlaskClient, db: Any, data: bytes, words: str) -> None:
    answer = upload(window, data, text__en="Still here")
    assert words in window.get(answer.location).text
    assert contents.of(only(db).draft)["texts"]["en"] == "Still here"
    live = upload(window, data, HX, proposal_id=only(db).id, basis=1, text__en="Still here")
    assert words in live.text
    assert 'aria-invalid="true"' in live.text


def test_fifty_megabytes_are_turned_away_unread(window: FlaskClient, db: Any) -> None:
    answer = upload(window, b"\0" * (50 * 1024 * 1024))
    assert (answer.status_code, count(db, Proposal)) == (413, 0)
    assert "20 MB" in answer.text


def test_german_pages_hold_together(app: Flask, client: FlaskClient) -> None:
    dora = rows.person("Dora", "expert", locale="de")
    made = builders.draft(dora, language="de", text__de="Donaudampfschifffahrtsgesellschaftskapitän", why__de="Warum")
    window = browser(app, dora)
    for page in ("/write", "/proposals", f"/proposals/{made.id}", f"/proposals/{made.id}/edit"):
        assert window.get(page).status_code == 200


@pytest.mark.parametrize("name", ["wished_from", "wished_until"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_outside_of_every_calendar_stops_nobody(app: Flask, window: FlaskClient, db: Any, name: str, day: str) -> None:
    refused = window.post("/proposals/submit", data=sheet() | {name: day})
    assert refused.status_code == 422
    assert "Write the day like 2026-12-24" in refused.text
    assert window.get("/proposals").status_code == 200
    assert browser(app, rows.ravi()).get("/review").status_code == 200
