"""The counters, against the vectors of the networks' own documentation and against themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.networks import counting
from app.networks.values import Limits

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
VECTORS = [
    (FAMILY, 7, 11, 25, 1),
    ("e\u0301", 2, 2, 3, 1),
    ("\U0001f64b\U0001f3fd\U0001f468\u200d\U0001f3a4", 5, 9, 19, 2),
    ("\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", 4, 8, 16, 2),
    ("Grüße \U0001f389", 7, 8, 12, 7),
]
WORDS = st.text(alphabet=st.characters(codec="utf-8"), max_size=80)
MENTIONS_AND_LINKS = st.lists(
    st.sampled_from(
        ["@ada@social.example", "https://example.com/a?b=c", "http://a.de", "x", ",", " ", "\r", "\n", "e\u0301", FAMILY, "(", ")"]
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(("text", "codepoints", "utf16", "utf8", "graphemes"), VECTORS)
def test_the_shared_vectors(text: str, codepoints: int, utf16: int, utf8: int, graphemes: int) -> None:
    assert counting.codepoints(text) == codepoints
    assert counting.utf16(text) == utf16
    assert len(text.encode()) == utf8
    assert counting.graphemes(text) == graphemes


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("Hi @alice@social.example see https://example.com/a/very/long/path?x=1", 37),
        (f"{FAMILY} https://go.example/Ab3dE", 25),
        ("go.example/Ab3dE", 16),
        ("See (https://example.com/a_(b)).", 30),
        ("https://example.com/a, https://example.com/b!", 49),
        ("http://a.de", 23),
        ("http://localhost:8000/s/Ab3dE", 29),
        ("https://example.com/straße", 25),
        ("xhttps://a.de", 13),
        ("ada@example.com", 15),
        ("", 0),
    ],
)
def test_mastodon_counts_links_as_23_and_remote_mentions_as_names(text: str, used: int) -> None:
    assert counting.fediverse(text, 23) == used


def test_two_links_that_touch_are_not_counted_as_one() -> None:
    assert counting.fediverse("https://a.de,https://b.de", 23) == 47
    assert counting.fediverse("https://a.de/x,https://b.de", 23) == 47


def test_taking_a_link_out_does_not_melt_its_neighbours() -> None:
    assert counting.fediverse("\rhttps://a.de", 23) == 24
    assert counting.fediverse("https://a.de \u0301", 23) == 24


@pytest.mark.parametrize(
    ("text", "used"),
    [
        ("Hi http://test.co", 26),
        (f"H\U0001f431\u263a{FAMILY}", 7),
        ("\U0001f64b\U0001f3fd\U0001f468\u200d\U0001f3a4", 4),
        ("語" * 160, 320),
        ("1\u20e3", 2),
        ("example.com", 23),
        ("e\u0301", 1),
        ("plain text", 10),
    ],
)
def test_x_weighs(text: str, used: int) -> None:
    assert counting.weighted(text) == used


def test_threads_counts_emoji_by_their_bytes() -> None:
    assert counting.threads("Grüße \U0001f389") == 10
    assert counting.threads(FAMILY) == 25
    assert counting.threads("語e\u0301") == 3


@given(WORDS, WORDS)
def test_no_counter_gets_smaller_when_a_paragraph_is_added(one: str, two: str) -> None:
    for counter in (counting.codepoints, counting.utf16, counting.graphemes, counting.threads):
        assert counter(f"{one}\n\n{two}") >= counter(one)
        assert counter(one) <= len(one.encode("utf-8", "surrogatepass"))


@given(MENTIONS_AND_LINKS)
def test_every_link_costs_at_least_its_price(text: str) -> None:
    assert counting.fediverse(text, 23) >= 23 * len(counting.links(text))
    assert counting.weighted(text) >= 23 * len(counting.links(text))


@given(WORDS)
def test_text_without_links_and_mentions_is_its_graphemes(text: str) -> None:
    plain = text.replace("@", "").replace(":", "")
    assert counting.fediverse(plain, 23) == counting.graphemes(plain)


@given(WORDS, st.integers(1, 60))
def test_over_is_what_has_to_go(text: str, most: int) -> None:
    counted = counting.count(text, Limits(text_max=most, text_unit="codepoint"))
    assert counted.over == max(0, len(text) - most)
    assert (counted.used, counted.limit) == (len(text), most)


def test_notes_name_what_was_counted_specially() -> None:
    limits = Limits(text_max=500, text_unit="grapheme", url_cost=23)
    assert counting.count("@a@social.example https://a.de", limits).notes == ("links", "mentions")
    assert counting.count("plain", limits).notes == ()
