"""Curves of growth as a small SVG, logarithmic both ways."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, RIGHT, BOTTOM, TOP = 640, 320, 56, 36, 40, 40
COLOURS = ("#1b6b5f", "#b4532a", "#4a5a9c", "#7a7a7a")


@dataclass(frozen=True)
class Curve:
    """A name and its points."""

    name: str
    points: Sequence[tuple[float, float]]


def draw(title: str, curves: Sequence[Curve]) -> str:
    """The whole picture; it stands on white, so that it can be read in a dark page too."""
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [max(y, 1e-3) for curve in curves for _, y in curve.points]
    across, up = _scale(xs, LEFT, WIDTH - RIGHT), _scale(ys, HEIGHT - BOTTOM, TOP + 20 * len(curves))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>{title}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/><text x="{LEFT}" y="20" font-size="14" fill="#222">{title}</text>',
    ]
    for power in _powers(xs):
        parts.append(f'<path d="M{across(power):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{across(power):.1f}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle" fill="#444">{power:,.0f}</text>')
    for power in _powers(ys):
        parts.append(f'<path d="M{LEFT} {up(power):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{up(power) + 4:.1f}" text-anchor="end" fill="#444">{power:g}</text>')
    for number, curve in enumerate(curves):
        colour = COLOURS[number % len(COLOURS)]
        spots = [(across(x), up(max(y, 1e-3))) for x, y in curve.points]
        path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in spots)
        parts.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>' for x, y in spots]
        parts.append(f'<text x="{WIDTH - RIGHT - 4}" y="{TOP + 14 + 18 * number}" text-anchor="end" fill="{colour}">{curve.name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _powers(values: Sequence[float]) -> list[float]:
    return [10.0**power for power in range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)]


def _scale(values: Sequence[float], start: float, end: float) -> "_Scale":
    powers = _powers(values)
    return _Scale(math.log10(powers[0]), max(math.log10(powers[-1]), math.log10(powers[0]) + 1), start, end)


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)
