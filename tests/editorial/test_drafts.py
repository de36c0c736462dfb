"""Drafts: nothing typed is lost, and nobody overwrites anybody silently."""

import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import func, select, text

from app.clock import now
from app.editorial import content as contents
from app.editorial import drafts, pictures, proposals
from app.editorial.cleaning import clean
from app.editorial.drafts import Closed, Conflict, Window
from app.editorial.media_models import LinkPreview
from app.editorial.models import Proposal
from app.errors import Invalid, Missing, Stale
from app.ids import uuid7
from tests import rows
from tests.editorial import builders

pytestmark = pytest.mark.usefixtures("db")


def text_of(proposal: Proposal) -> str:
    """The English text of a draft."""
    return contents.of(proposal.draft)["texts"]["en"]


def test_the_first_save_makes_the_proposal_and_a_second_one_the_same() -> None:
    edda, proposal_id, about = rows.edda(), uuid7(), rows.topic()
    first = drafts.save(edda, proposal_id, clean(builders.form(about)), Window(0, "one"))
    again = drafts.save(edda, proposal_id, clean(builders.form(about, text__en="More")), Window(0, "one"))
    assert first.id == again.id == proposal_id
    assert (again.draft_version, text_of(again), again.topic_id) == (2, "More", about.id)


def test_a_save_without_a_change_is_no_new_version() -> None:
    edda, about = rows.edda(), rows.topic()
    form = clean(builders.form(about))
    made = drafts.save(edda, uuid7(), form, Window(0, "one"))
    assert drafts.save(edda, made.id, form, Window(1, "two")).draft_version == 1


def test_two_windows_do_not_overwrite_each_other() -> None:
    edda, about = rows.edda(), rows.topic()
    made = drafts.save(edda, uuid7(), clean(builders.form(about)), Window(0, "one"))
    drafts.save(edda, made.id, clean(builders.form(about, text__en="From two")), Window(1, "two"))
    with pytest.raises(Conflict) as conflict:
        drafts.save(edda, made.id, clean(builders.form(about, text__en="From one")), Window(1, "one"))
    assert text_of(conflict.value.proposal) == "From two"
    kept = drafts.save(edda, made.id, clean(builders.form(about, text__en="From one")), Window(2, ""))
    assert (text_of(kept), kept.draft_version) == ("From one", 3)


def test_a_window_whose_answer_was_lost_goes_on() -> None:
    edda, about = rows.edda(), rows.topic()
    made = drafts.save(edda, uuid7(), clean(builders.form(about)), Window(0, "one"))
    drafts.save(edda, made.id, clean(builders.form(about, text__en="Second")), Window(1, "one"))
    third = drafts.save(edda, made.id, clean(builders.form(about, text__en="Third")), Window(1, "one"))
    assert text_of(third) == "Third"


def test_what_is_with_the_reviewers_does_not_change() -> None:
    edda = rows.edda()
    proposal = builders.submitted(edda)
    with pytest.raises(Closed):
        drafts.save(edda, proposal.id, clean({"text-en": "Other"}), Window(proposal.draft_version, "one"))


def test_somebody_elses_proposal_is_missing() -> None:
    made, other = builders.draft(rows.edda()), rows.person("Emma", "expert")
    for basis in (0, 1):
        with pytest.raises(Missing):
            drafts.save(other, made.id, clean({"text-en": "Mine now"}), Window(basis, "one"))
    with pytest.raises(Missing):
        drafts.take_up(other, made.id)
    with pytest.raises(Missing):
        drafts.remove(other, made.id, "variants", 0)


def test_somebody_elses_picture_is_missing() -> None:
    edda, other = rows.edda(), rows.person("Emma", "expert")
    theirs, _made = pictures.take(other.id, builders.picture())
    for form in ({"picture-0-media_id": str(theirs.id)}, {"picture-0-media_id": str(uuid.uuid4())}):
        with pytest.raises(Missing):
            drafts.save(edda, uuid7(), clean(form), Window(0, "one"))


def test_an_unknown_or_retired_topic_is_missing() -> None:
    edda, retired = rows.edda(), rows.topic()
    made = drafts.save(edda, uuid7(), clean({"topic_id": str(retired.id)}), Window(0, "one"))
    retired.retired_at = datetime.now(UTC)
    drafts.save(edda, made.id, clean({"topic_id": str(retired.id), "text-en": "still chosen"}), Window(1, "one"))
    for topic_id in (str(retired.id), str(uuid.uuid4())):
        with pytest.raises(Missing):
            drafts.save(edda, uuid7(), clean({"topic_id": topic_id}), Window(0, "one"))


def test_wished_days_are_days_of_the_author() -> None:
    edda = rows.edda()
    edda.time_zone = "Pacific/Auckland"
    made = drafts.save(edda, uuid7(), clean({"wished_from": "2026-12-01", "wished_until": "2026-12-01"}), Window(0, "one"))
    assert made.wished_from == datetime(2026, 11, 30, 11, tzinfo=UTC)
    assert made.wished_until == datetime(2026, 12, 1, 11, tzinfo=UTC)


def test_wordings_come_and_go() -> None:
    edda = rows.edda()
    made = builders.draft(edda, variant__0__text="First")
    assert drafts.add_variant(edda, made.id) == 1
    drafts.remove(edda, made.id, "variants", 0)
    assert [one["text"] for one in contents.of(made.draft)["variants"]] == [""]
    with pytest.raises(Missing):
        drafts.remove(edda, made.id, "variants", 5)


def test_there_are_twenty_wordings_and_four_pictures_at_most() -> None:
    edda = rows.edda()
    made = builders.draft(edda)
    for _number in range(20):
        drafts.add_variant(edda, made.id)
    with pytest.raises(Invalid):
        drafts.add_variant(edda, made.id)
    for size in range(10, 14):
        drafts.add_picture(edda, made.id, builders.picture(size, size))
    with pytest.raises(Invalid):
        drafts.add_picture(edda, made.id, builders.picture(20, 20))


def test_a_withdrawn_proposal_is_taken_up_again() -> None:
    edda = rows.edda()
    made = builders.submitted(edda)
    proposals.withdraw(edda, made.id)
    assert drafts.take_up(edda, made.id).state == "draft"
    assert drafts.take_up(edda, made.id).state == "draft"
    assert proposals.submit(edda, made.id, basis=made.draft_version).state == "submitted"
    with pytest.raises(Stale):
        drafts.take_up(edda, made.id)


def test_a_link_is_looked_at_only_when_typing_has_stopped(db: Any) -> None:
    edda = rows.edda()
    made = drafts.save(edda, uuid7(), clean({"link-url": "https://exam.pl"}), Window(0, "one", settled=False))
    assert db.scalar(select(func.count()).select_from(LinkPreview)) == 0
    drafts.save(edda, made.id, clean({"link-url": "https://example.com/a"}), Window(1, "one"))
    assert [one.url for one in db.scalars(select(LinkPreview))] == ["https://example.com/a"]


def test_a_preview_fills_the_card_once(db: Any) -> None:
    edda = rows.edda()
    form = {"link-url": "https://example.com/a"}
    made = drafts.save(edda, uuid7(), clean(form), Window(0, "one"))
    preview = db.scalars(select(LinkPreview)).one()
    media, _made = pictures.take(edda.id, builders.picture())
    preview.state, preview.title, preview.description, preview.media_id = "ready", "Seals", "All of them", media.id
    preview.fetched_at = now()
    filled = contents.of(drafts.with_fresh_link(made).draft)["link"]
    assert filled == {"url": form["link-url"], "title": "Seals", "description": "All of them", "media_id": str(media.id)}
    db.flush()
    emptied = drafts.save(edda, made.id, clean(form), Window(1, "one"))
    assert contents.of(emptied.draft)["link"] == {"url": form["link-url"], "title": "", "description": "", "media_id": str(media.id)}
    other = form | {"link-title": "", "link-url": "https://example.com/b"}
    assert contents.of(drafts.save(edda, made.id, clean(other), Window(2, "one")).draft)["link"] == {
        "url": "https://example.com/b",
        "title": "",
        "description": "",
        "media_id": None,
    }


def test_a_preview_that_comes_while_somebody_types_takes_nothing_back(committed: Any, engine: Any) -> None:
    edda = rows.edda()
    made = builders.draft(edda, link__url="https://example.com/seals")
    preview = committed.scalars(select(LinkPreview)).one()
    preview.state, preview.title = "ready", "Cold seals"
    committed.commit()
    read = drafts.mine(edda, made.id)
    with engine.begin() as other_window:
        typed = text("UPDATE proposals SET draft = jsonb_set(draft, '{texts,en}', '\"Newer words\"'), draft_version = draft_version + 1")
        other_window.execute(typed)
    drafts.with_fresh_link(read)
    committed.commit()
    committed.refresh(made)
    link = contents.of(made.draft)["link"]
    assert (text_of(made), link and link["title"]) == ("Newer words", "Cold seals")
