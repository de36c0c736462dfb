"""Text can be read in both themes, with our accent and with any that a company chooses."""

import re

import pytest

from app.assets.colour import READABLE, accent_class, brand_css, contrast, parse, tokens

GROUNDS = ("paper", "surface", "sunk")
ON_GROUNDS = ("ink", "ink-soft", "accent", "accent-deep")
TONES = ("good", "info", "warn", "bad")
PAIRS = (
    [(text, ground) for text in ON_GROUNDS for ground in GROUNDS]
    + [(tone, ground) for tone in TONES for ground in (*GROUNDS, f"{tone}-wash")]
    + [("ink", f"{tone}-wash") for tone in TONES]
    + [("ink", f"tone-{number}") for number in range(1, 7)]
    + [("ink", "mark"), ("ink", "mark-now"), ("accent", "accent-wash"), ("ink", "accent-wash"), ("ink-soft", "accent-wash")]
    + [("on-accent", "accent"), ("on-accent", "accent-deep"), ("paper", "ink")]
)
ACCENTS = ("#0c5f63", "#ffdd00", "#ff0000", "#000000", "#ffffff", "#777777", "#00e5ff", "#c8a2c8", "06c", "#10B981")


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(text: str, ground: str, theme: int) -> None:
    assert contrast(tokens()[text][theme], tokens()[ground][theme]) >= READABLE


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "surface"])
def test_the_edge_of_a_field_can_be_seen(ground: str, theme: int) -> None:
    assert contrast(tokens()["edge"][theme], tokens()[ground][theme]) >= 3


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("accent", ACCENTS)
def test_any_accent_becomes_readable(accent: str, theme: int) -> None:
    found = re.findall(r"--([\w-]+):light-dark\((#\w{6}),(#\w{6})\)", brand_css(accent))
    brand = {name: parse(pair[theme]) for name, *pair in found}
    colour, deep, on_accent, wash = (brand[name] for name in ("accent", "accent-deep", "on-accent", "accent-wash"))
    assert colour is not None
    assert deep is not None
    assert on_accent is not None
    assert wash is not None
    for ground in (*(tokens()[name][theme] for name in GROUNDS), wash, on_accent):
        assert contrast(colour, ground) >= READABLE
    assert contrast(deep, on_accent) >= READABLE
    for text in ("ink", "ink-soft"):
        assert contrast(tokens()[text][theme], wash) >= READABLE


def test_a_readable_accent_stays_as_it_is() -> None:
    assert "--accent:light-dark(#0c5f63," in brand_css("#0c5f63")


@pytest.mark.parametrize("text", ["", "red", "#12", "#12345g", "#fff;}body{display:none", "rgb(1,2,3)"])
def test_what_is_no_colour_changes_nothing(text: str) -> None:
    assert brand_css(text) == ""
    assert accent_class(text) == ""


def test_known_contrasts() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((0x76, 0x76, 0x76), (255, 255, 255)) == pytest.approx(4.54, abs=0.005)
