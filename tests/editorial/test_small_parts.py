"""Links, differences, passages, service target, disclosures, wordings, completeness: pure functions."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.editorial import content as contents
from app.editorial.cleaning import clean
from app.editorial.completeness import gaps
from app.editorial.differences import differences
from app.editorial.disclosures import disclosure
from app.editorial.links import clean_link, site
from app.editorial.passages import find_again
from app.editorial.service_target import service_target
from app.editorial.wording import shown, wordings
from app.errors import Invalid

LINK = "https://example.com/l/abcdefg"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://example.com/a b?q=ü#x", "https://example.com/a%20b?q=%C3%BC#x"),
        ("example.com/news", "https://example.com/news"),
        ("HTTPS://Example.COM:8443/", "https://example.com:8443/"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://аpple.com/", "https://xn--pple-43d.com/"),
    ],
)
def test_links_are_kept_in_plain_letters(typed: str, kept: str) -> None:
    assert clean_link(typed) == kept
    assert clean_link(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "ftp://example.com",
        "https://user:secret@example.com/",
        "https://good.example@evil.example/",
        "https://",
        "https://nodot/",
        "https://exa mple.com/",
        "https://example.com:99999/",
        "https://" + "a" * 2000 + ".com",
        "nonsense",
        "",
    ],
)
def test_what_is_no_link_is_told_at_its_field(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        clean_link(typed)
    assert refused.value.field == "link-url"


def test_a_site_is_shown_only_when_it_is_one() -> None:
    assert site("https://аpple.com/x") == "xn--pple-43d.com"
    assert site("https://user@evil.example") == ""


@given(st.text(), st.text())
def test_differences_hold_both_texts(old: str, new: str) -> None:
    parts = differences(old, new)
    assert "".join(text for kind, text in parts if kind != "new") == old
    assert "".join(text for kind, text in parts if kind != "gone") == new


def test_differences_go_by_words() -> None:
    assert differences("The pump is very cold.", "The pump is really quite cold!") == [
        ("same", "The pump is "),
        ("gone", "very"),
        ("new", "really quite"),
        ("same", " cold"),
        ("gone", "."),
        ("new", "!"),
    ]


def test_a_very_long_text_is_compared_by_lines() -> None:
    long = "word word word\n" * 4000
    assert differences(long + "old", long + "new") == [("same", long), ("gone", "old"), ("new", "new")]


def test_a_passage_is_found_after_other_changes() -> None:
    assert find_again("More. The pump hums.", "pump", prefix="The ", suffix=" hums.", start=4) == 10


def test_of_several_places_the_surroundings_decide() -> None:
    text = "A pump stands. The pump hums. A pump falls."
    assert find_again(text, "pump", prefix="The ", suffix=" hums.", start=2) == 19


def test_a_passage_is_not_guessed() -> None:
    assert find_again("The pimp hums.", "pump", prefix="The ", suffix=" hums.", start=4) is None
    assert find_again("xpumpx", "pump", prefix="The ", suffix=" hums.", start=4) is None
    assert find_again("anything", "", prefix="", suffix="", start=0) is None
    assert find_again("pump", "pump", prefix="", suffix="", start=0) == 0


@pytest.mark.parametrize(
    ("submitted", "target"),
    [
        ("2026-11-23T10:00", "2026-11-24T10:00"),  # Monday 11:00 in Berlin
        ("2026-11-27T14:00", "2026-11-30T14:00"),  # Friday afternoon: Monday afternoon
        ("2026-11-28T12:00", "2026-11-30T16:00"),  # Saturday: end of Monday
        ("2026-11-24T20:00", "2026-11-25T16:00"),  # Tuesday night: end of Wednesday
        ("2026-11-24T03:00", "2026-11-24T16:00"),  # Tuesday before dawn: end of the day
        ("2026-03-27T12:00", "2026-03-30T11:00"),  # over the change to summer time: 13:00 on both clocks
    ],
)
def test_an_answer_is_expected_within_one_working_day(submitted: str, target: str) -> None:
    assert service_target(datetime.fromisoformat(submitted).replace(tzinfo=UTC)) == datetime.fromisoformat(target).replace(tzinfo=UTC)


def test_disclosures_by_language_and_network() -> None:
    assert disclosure("en", "x", "Acme") == "I work at Acme."
    assert disclosure("de", None, "Acme") == "Ich arbeite bei Acme."
    assert disclosure("de", "linkedin", "Acme") == "Ganz offen: Ich arbeite bei Acme."
    assert disclosure("fr", "mastodon", "  Acme\nGmbH ") == "I work at Acme GmbH."


def test_a_preview_is_the_composed_share() -> None:
    content = clean({"text-en": "Cold seals.", "link-url": "https://example.com/seals"})
    one = shown(content, "en", "mastodon", company="Acme", link=LINK)
    assert one.text == f"I work at Acme.\n\nCold seals.\n\n{LINK}"
    assert one.count.used == len("I work at Acme.\n\nCold seals.\n\n") + 23
    assert not one.own


def test_a_wording_made_for_a_network_comes_before_the_others() -> None:
    content = clean({"text-en": "Main", "variant-0-text": "Other", "variant-1-text": "Short", "variant-1-network": "x"})
    assert wordings(content, "en", "x") == ["Short"]
    assert wordings(content, "en", "linkedin") == ["Main", "Other"]
    assert wordings(content, "de", "linkedin") == []
    assert shown(content, "en", "x", company="Acme", link=LINK).own


def test_what_does_not_fit_is_shown_whole_with_its_excess() -> None:
    one = shown(clean({"text-en": "x" * 400}), "en", "x", company="Acme", link=LINK)
    assert (one.count.over, "x" * 400 in one.text) == (137, True)


TODAY = date(2026, 11, 23)
COMPLETE = {"text-en": "Text", "why-en": "Why", "topic_id": "0199b1f0-0000-7000-8000-000000000000"}


def test_a_complete_proposal_has_no_gaps() -> None:
    assert gaps(clean(COMPLETE), today=TODAY) == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"topic_id": ""}, "topic_id"),
        ({"why-en": ""}, "why-en"),
        ({"why-de": "x" * 281}, "why-de"),
        ({"text-en": ""}, "text-en"),
        ({"text-en": "x" * 5001}, "text-en"),
        ({"text-de": "x" * 5001}, "text-de"),
        ({"variant-0-text": "x" * 5001}, "variant-0-text"),
        ({"variant-0-text": "x", "variant-0-language": "de"}, "variant-0-text"),
        ({"link-url": "javascript:alert(1)"}, "link-url"),
        ({"link-url": "https://example.com", "link-title": "x" * 201}, "link-title"),
        ({"picture-0-media_id": COMPLETE["topic_id"], "picture-0-alt-de": "x" * 1501}, "picture-0-alt-de"),
        ({"wished_until": "2026-11-22"}, "wished_until"),
        ({"wished_from": "2026-12-02", "wished_until": "2026-12-01"}, "wished_until"),
    ],
)
def test_each_gap_has_its_field(more: dict[str, str], field: str) -> None:
    assert [gap.field for gap in gaps(clean(COMPLETE | more), today=TODAY)] == [field]


def test_a_blank_content_is_blank_in_both_languages() -> None:
    assert contents.of({}) == contents.blank()
