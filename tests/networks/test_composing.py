"""A share's text is put together within the limits, or not at all."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.networks import counting
from app.networks.base import Limits, Parts, Permanent, compose
from app.networks.composing import tidy
from app.networks.values import TextCount

LINK = "https://go.example/Ab3dE"
LIMITS = Limits(text_max=120, text_unit="grapheme", url_cost=23)
TEXT = st.text(max_size=70)


def count(text: str) -> TextCount:
    return counting.count(text, LIMITS)


@given(disclosure=TEXT, personal=TEXT, approved=TEXT)
def test_never_over_the_limit_disclosure_first_link_whole(disclosure: str, personal: str, approved: str) -> None:
    parts = Parts(disclosure, approved, personal, LINK)
    try:
        text = compose(parts, count)
    except Permanent as refused:
        fits = refused.code == "disclosure_missing" or (refused.used or 0) > (refused.limit or 0) == 120
        assert fits
        return
    assert count(text).used <= 120
    assert text.startswith(f"{tidy(disclosure)}\n\n")
    assert LINK in text.split()
    assert text == compose(parts, count)


@given(st.integers(0, 200))
@example(90)
@example(91)
def test_exactly_at_the_limit_fits_and_one_over_does_not(length: int) -> None:
    parts = Parts("Ad.", "a" * length, link=LINK)
    used = len("Ad.") + (2 + length if length else 0) + 2 + 23
    if used <= 120:
        assert count(compose(parts, count)).used == used
    else:
        with pytest.raises(Permanent) as refused:
            compose(parts, count)
        assert (refused.value.code, refused.value.used, refused.value.limit) == ("too_long", used, 120)


def test_the_order_is_disclosure_own_words_text_link() -> None:
    parts = Parts("I work at Acme.", "Our report is out.\r\n", "  Proud of this.\x07", LINK)
    assert compose(parts, count) == f"I work at Acme.\n\nProud of this.\n\nOur report is out.\n\n{LINK}"


def test_the_tracked_link_takes_the_place_of_the_original() -> None:
    original = "https://acme.example/report"
    text = compose(Parts("Ad.", f"See {original} now, not {original}/x", link=LINK, original_link=original), lambda _: TextCount(0, 500, 0))
    assert text == f"Ad.\n\nSee {LINK} now, not {original}/x"


def test_a_longer_link_in_the_text_is_not_the_tracked_one() -> None:
    assert compose(Parts("Ad.", f"See {LINK}x", link=LINK), count).endswith(f"x\n\n{LINK}")


@pytest.mark.parametrize("disclosure", ["", "  ", "\x00\r\n"])
def test_nothing_leaves_without_disclosure(disclosure: str) -> None:
    with pytest.raises(Permanent, match="disclosure_missing"):
        compose(Parts(disclosure, "Text"), count)
