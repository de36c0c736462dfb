"""A company's accent colour, made readable in both themes.

Contrast is the ratio of WCAG 2.2, "relative luminance". A colour that cannot carry text is darkened (or, for the dark
theme, lightened) just as far as it takes; something that is no colour gives no style at all, and our own accent stays.
"""

import re
from functools import lru_cache

from app.assets.build import SOURCE

READABLE = 4.5
Colour = tuple[int, int, int]
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


def brand_css(accent: str) -> str:
    """The style sheet of `/brand.css` for one accent ("#0c5f63" or "#06c"); empty when that is no colour."""
    chosen = parse(accent)
    if chosen is None:
        return ""
    light = _readable(chosen, _grounds(0), towards=BLACK)
    dark = _readable(chosen, _grounds(1), towards=WHITE)
    pairs = {
        "--accent": (light, dark),
        "--accent-deep": (mix(light, BLACK, 0.22), mix(dark, WHITE, 0.3)),
        "--on-accent": (WHITE, mix(dark, BLACK, 0.86)),
        "--accent-wash": (_wash(light, 0), _wash(dark, 1)),
    }
    return ":root{" + "".join(f"{name}:light-dark({_hex(a)},{_hex(b)});" for name, (a, b) in pairs.items()) + "}"


def accent_class(accent: str) -> str:
    """A class for <html>, and the version in `/brand.css?v=`: "accent-0c5f63", or empty when that is no colour."""
    chosen = parse(accent)
    return f"accent-{_hex(chosen)[1:]}" if chosen else ""


def parse(text: str) -> Colour | None:
    """Red, green and blue of "#rgb" or "#rrggbb" (the # may be missing), or None."""
    digits = text.strip().removeprefix("#")
    if not re.fullmatch(r"[0-9a-fA-F]{3}|[0-9a-fA-F]{6}", digits):
        return None
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def contrast(one: Colour, other: Colour) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`one` with that share (0 to 1) of `other` in it."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


@lru_cache(maxsize=1)
def tokens() -> dict[str, tuple[Colour, Colour]]:
    """Every colour of `tokens.css` as (light theme, dark theme)."""
    text = (SOURCE / "css/01-tokens.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--([\w-]+):\s*light-dark\((#\w+),\s*(#\w+)\)", text)
    return {name: (parse(light) or BLACK, parse(dark) or BLACK) for name, light, dark in pairs}


def _grounds(theme: int) -> list[Colour]:
    return [tokens()[name][theme] for name in ("paper", "surface", "sunk")]


def _readable(colour: Colour, grounds: list[Colour], *, towards: Colour) -> Colour:
    """The nearest shade that can be read on all grounds, and on its own wash."""
    for step in range(51):
        shade = mix(colour, towards, step / 50)
        washed = [mix(ground, shade, 0.12) for ground in grounds]
        if all(contrast(shade, ground) >= READABLE for ground in grounds + washed):
            return shade
    return towards


def _wash(colour: Colour, theme: int) -> Colour:
    return mix(tokens()["surface"][theme], colour, 0.1)


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{part:02x}" for part in colour)
