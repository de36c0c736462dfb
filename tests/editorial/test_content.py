"""Content: one canonical form, one hash, and text without tricks."""

from copy import deepcopy
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.editorial import content as contents
from app.editorial.cleaning import clean, clean_line, clean_text, read
from app.editorial.content import Content
from app.errors import Invalid, Missing

WORDS = st.text(max_size=60)
FORMS = st.fixed_dictionaries(
    {
        "text-en": WORDS,
        "text-de": WORDS,
        "why-en": WORDS,
        "variant-0-text": WORDS,
        "link-url": WORDS,
        "link-title": WORDS,
        "wished_from": st.sampled_from(["", "2026-12-24"]),
    }
)


@given(st.text())
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(FORMS)
def test_a_cleaned_content_has_one_canonical_form(form: dict[str, str]) -> None:
    content = clean(form)
    shuffled = cast("Content", dict(reversed(deepcopy(content).items())))
    assert contents.canonical(content, {}) == contents.canonical(shuffled, {})
    assert contents.of(cast("dict[str, Any]", content)) == content


@given(FORMS, st.sampled_from(["text-en", "text-de", "why-en", "variant-0-text", "link-title"]), st.characters(categories=["L"]))
def test_one_more_letter_changes_the_hash(form: dict[str, str], field: str, letter: str) -> None:
    form = form | {"link-url": "https://example.com"}
    before, after = clean(form), clean(form | {field: form[field] + letter})
    assert (contents.content_hash(before, {}) == contents.content_hash(after, {})) == (before == after)
    plain = {"text-en": "Cold seals", "link-url": "https://example.com", "variant-0-text": ""}
    assert contents.content_hash(clean(plain), {}) != contents.content_hash(clean(plain | {field: "a"}), {})


def test_another_picture_under_the_same_id_changes_the_hash() -> None:
    content = contents.blank()
    content["pictures"] = [contents.Picture(media_id="m", alt=contents.per_language({}))]
    assert contents.content_hash(content, {"m": "aa"}) != contents.content_hash(content, {"m": "bb"})


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("  around  ", "around"),
        ("nul\x00 bell\x07 esc\x1b[31m", "nul bell esc[31m"),
        ("pay \u202egnp.exe", "pay gnp.exe"),
        ("iso\u2066late\u2069", "isolate"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("e\u0301", "é"),
        ("\U0001f468\u200d\U0001f469\u200d\U0001f467 stays", "\U0001f468\u200d\U0001f469\u200d\U0001f467 stays"),
        ("مرحبا بالعالم", "مرحبا بالعالم"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (
            "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
            "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
        ),
        ("hid\U000e0068\U000e0069den", "hidden"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    ],
)
def test_tricks_go_and_writing_stays(typed: str, kept: str) -> None:
    assert clean_text(typed) == kept


def test_five_hundred_wordings_are_refused_and_can_be_shown_again() -> None:
    form = {f"variant-{number}-text": f"wording {number}" for number in range(500)}
    with pytest.raises(Invalid) as refused:
        clean(form)
    assert refused.value.field == "variants"
    assert [one["text"] for one in read(form)["variants"]] == [f"wording {number}" for number in range(500)]


def test_a_long_text_is_kept_and_an_endless_one_refused() -> None:
    assert len(clean({"text-en": "x" * 100_000})["texts"]["en"]) == 100_000
    with pytest.raises(Invalid) as refused:
        clean({"text-en": "x" * 200_001})
    assert refused.value.field == "text-en"


@pytest.mark.parametrize(
    "form", [{"topic_id": "x"}, {"picture-0-media_id": "../../etc"}, {"variant-0-text": "a", "variant-0-network": "myspace"}]
)
def test_ids_that_are_none_are_missing(form: dict[str, str]) -> None:
    with pytest.raises(Missing):
        clean(form)


def test_a_day_that_is_none_is_told() -> None:
    with pytest.raises(Invalid) as refused:
        clean({"wished_until": "next week"})
    assert refused.value.field == "wished_until"


def test_empty_wordings_are_not_frozen() -> None:
    content = clean({"variant-3-text": "kept", "variant-7-text": "  "})
    assert [one["text"] for one in content["variants"]] == ["kept", ""]
    assert [one["text"] for one in contents.finished(content)["variants"]] == ["kept"]


def test_lists_call_it_by_its_first_words() -> None:
    content = clean({"language": "de", "text-en": "Only\n\nEnglish " + "x" * 100})
    assert contents.first_words(content, 20) == "Only English…"


def test_a_name_ends_with_a_whole_word_unless_the_word_is_endless() -> None:
    content = clean({"text-en": "We asked six customers, and they answered."})
    assert contents.first_words(content, 28) == "We asked six customers, and…"
    assert contents.first_words(content, 24) == "We asked six customers…"
    assert contents.first_words(clean({"text-en": "So " + "x" * 100}), 20) == "So " + "x" * 16 + "…"


def test_nothing_typed_is_blank() -> None:
    assert contents.is_blank(clean({"language": "de", "text-en": " "}))
    assert not contents.is_blank(clean({"why-de": "x"}))
