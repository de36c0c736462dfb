"""The demo's pictures, drawn by code: flat, quiet, and each with its description in both languages."""

import io
import math
from collections.abc import Callable

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 1600, 900
FINE = 2  # drawn larger and made smaller: soft edges
Point = tuple[float, float]

ALT = {
    "chart": {
        "en": "Chart of 42 cold starts at minus 20 degrees. Leakage rises from start 24 to start 31; after a change of grease, "
        "starts 32 to 42 stay dry.",
        "de": "Diagramm von 42 Kaltstarts bei minus 20 Grad. Von Start 24 bis Start 31 wird die Leckage größer; nach dem Wechsel des "
        "Fetts bleiben die Starts 32 bis 42 trocken.",
    },
    "drawing": {
        "en": "Drawing of a centrifugal pump in section, white lines on blue paper: spiral housing, impeller with six blades, shaft and "
        "seal. A round coffee stain in the lower corner.",
        "de": "Schnittzeichnung einer Kreiselpumpe, weiße Linien auf blauem Papier: Spiralgehäuse, Laufrad mit sechs Schaufeln, Welle und "
        "Dichtung. Unten in der Ecke ein runder Kaffeefleck.",
    },
    "skyline": {
        "en": "Illustration of a factory by the sea at noon: halls with saw-tooth roofs carrying solar panels, a chimney, a wind turbine "
        "and gulls.",
        "de": "Illustration einer Fabrik am Meer zur Mittagszeit: Hallen mit Sägezahndächern voller Solarmodule, ein Schornstein, ein "
        "Windrad und Möwen.",
    },
}


def _finish(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.resize((WIDTH, HEIGHT), Image.Resampling.BOX).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _paper(colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (WIDTH * FINE, HEIGHT * FINE), colour)
    return image, ImageDraw.Draw(image)


def _big(*points: Point) -> list[Point]:
    return [(x * FINE, y * FINE) for x, y in points]


def _write(draw: ImageDraw.ImageDraw, at: Point, words: str, *, size: int, colour: str, anchor: str = "la") -> None:
    font = ImageFont.load_default(size * FINE)
    draw.text((at[0] * FINE, at[1] * FINE), words, fill=colour, font=font, anchor=anchor)


def _circle(
    draw: ImageDraw.ImageDraw, at: Point, radius: float, *, fill: str | None = None, outline: str | None = None, width: int = 3
) -> None:
    x, y = at
    box = _big((x - radius, y - radius), (x + radius, y + radius))
    draw.ellipse(box, fill=fill, outline=outline, width=width * FINE)


def _line(draw: ImageDraw.ImageDraw, *points: Point, colour: str, width: int = 3) -> None:
    draw.line(_big(*points), fill=colour, width=width * FINE, joint="curve")


def _turned(centre: Point, radius: float, angle: float) -> Point:
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)


def chart() -> bytes:
    """42 cold starts: how much leaked at each, before and after the change of grease."""
    image, draw = _paper("#fbf8f2")
    left, ground, step = 170, 720, 31
    for height in (0, 150, 300, 450):
        _line(draw, (left - 20, ground - height), (left + 42 * step + 10, ground - height), colour="#e6dfd2", width=2)
        _write(draw, (left - 34, ground - height), str(height // 50), size=26, colour="#7d7466", anchor="rm")
    for number in range(1, 43):
        _bar(draw, left + (number - 1) * step, ground, number)
    for number in (1, 10, 20, 31, 42):
        _write(draw, (left + (number - 1) * step + 10, ground + 18), str(number), size=26, colour="#7d7466", anchor="ma")
    border = left + 31 * step - 5.5
    _line(draw, (border, 150), (border, ground), colour="#0e6b6b", width=3)
    _write(draw, (left - 20, 60), "42 x  -20 °C", size=58, colour="#22302f")
    _write(draw, (left - 20, 140), "ml/h", size=28, colour="#7d7466")
    _circle(draw, (border, 150), 9, fill="#0e6b6b")
    return _finish(image)


def _bar(draw: ImageDraw.ImageDraw, x: float, ground: float, number: int) -> None:
    leak = 8 + 5 * math.sin(number * 2.3) if number < 24 else 18 * (number - 23) ** 1.55 if number <= 31 else 0
    colour = "#9fb8b3" if number < 24 else "#c8663f"
    if leak:
        draw.rounded_rectangle(_big((x, ground - max(6, leak)), (x + 20, ground)), radius=5 * FINE, fill=colour)
    else:
        _circle(draw, (x + 10, ground - 6), 6, fill="#0e6b6b")


def pump() -> bytes:
    """A centrifugal pump in section, as on a blueprint."""
    image, draw = _paper("#1d4468")
    white, soft = "#eef4fa", "#7fa3c4"
    for x in range(0, WIDTH, 50):
        _line(draw, (x, 0), (x, HEIGHT), colour="#23507a", width=1)
    for y in range(0, HEIGHT, 50):
        _line(draw, (0, y), (WIDTH, y), colour="#23507a", width=1)
    _spiral(draw, (560, 470), white, soft)
    _impeller(draw, (560, 470), white)
    _side(draw, white, soft)
    _stain(draw, (1420, 760))
    draw.rectangle(_big((40, 40), (WIDTH - 40, HEIGHT - 40)), outline=soft, width=2 * FINE)
    return _finish(image)


def _spiral(draw: ImageDraw.ImageDraw, centre: Point, white: str, soft: str) -> None:
    """The housing grows from 215 to 310 on its way round, against the clock, and ends in the pressure pipe."""
    turns = [_turned(centre, 215 + 95 * part / 65, -math.radians(35 + part * 5)) for part in range(66)]
    _line(draw, *turns, (centre[0] + 310, 110), colour=white, width=6)
    _line(draw, turns[0], (turns[0][0], 110), colour=white, width=6)
    draw.rectangle(_big((centre[0] + 152, 84), (centre[0] + 335, 112)), outline=white, width=5 * FINE)
    for axis in ((centre[0] - 360, centre[1], centre[0] + 360, centre[1]), (centre[0], centre[1] - 360, centre[0], centre[1] + 360)):
        for part in range(0, 720, 36):
            x, y = axis[0] + (axis[2] - axis[0]) * part / 720, axis[1] + (axis[3] - axis[1]) * part / 720
            _line(draw, (x, y), (x + 22 * (axis[2] != axis[0]), y + 22 * (axis[3] != axis[1])), colour=soft, width=2)


def _impeller(draw: ImageDraw.ImageDraw, centre: Point, white: str) -> None:
    _circle(draw, centre, 185, outline=white, width=4)
    _circle(draw, centre, 62, outline=white, width=4)
    _circle(draw, centre, 28, outline=white, width=6)
    for blade in range(6):
        start = math.radians(60 * blade)
        _line(draw, *(_turned(centre, 62 + 123 * part / 20, start - 1.15 * part / 20) for part in range(21)), colour=white, width=5)


def _side(draw: ImageDraw.ImageDraw, white: str, soft: str) -> None:
    """The shaft from the side, with seal and two bearings."""
    draw.rectangle(_big((1010, 452), (1500, 488)), outline=white, width=4 * FINE)
    for x in (1180, 1400):
        draw.rectangle(_big((x, 400), (x + 46, 452)), outline=white, width=4 * FINE)
        draw.rectangle(_big((x, 488), (x + 46, 540)), outline=white, width=4 * FINE)
        _circle(draw, (x + 23, 426), 17, outline=white)
        _circle(draw, (x + 23, 514), 17, outline=white)
    for edge in range(6):
        _line(draw, (1060 + edge * 14, 440), (1072 + edge * 14, 404), colour=white)
        _line(draw, (1060 + edge * 14, 536), (1072 + edge * 14, 500), colour=white)
    for x, words in ((1010, "d 48"), (1500, "490")):
        _line(draw, (x, 500), (x, 640), colour=soft, width=2)
        _write(draw, (x - 12 if words == "490" else x + 12, 600), words, size=30, colour=white, anchor="ra" if words == "490" else "la")
    _line(draw, (1010, 620), (1500, 620), colour=soft, width=2)


def _stain(draw: ImageDraw.ImageDraw, at: Point) -> None:
    for ring, colour in ((96, "#2d4a5e"), (92, "#3a4f59"), (84, "#28496a"), (80, "#1d4468")):
        _circle(draw, at, ring, fill=colour)


def skyline() -> bytes:
    """The factory by the sea at noon."""
    image, draw = _paper("#dcecee")
    _circle(draw, (1240, 190), 85, fill="#f6cf77")
    draw.rectangle(_big((0, 560), (WIDTH, 680)), fill="#8fc0c6")
    draw.polygon(_big((0, 610), (360, 560), (700, 600), (1100, 565), (WIDTH, 600), (WIDTH, 715), (0, 715)), fill="#b8d3b0")
    _turbine(draw, (1395, 330))
    draw.polygon(_big((300, 640), (312, 250), (352, 250), (364, 640)), fill="#a8583f")
    draw.rectangle(_big((308, 290), (356, 316)), fill="#f3e9df")
    for number, colour in enumerate(("#35545c", "#3f646c", "#35545c", "#3f646c")):
        _hall(draw, 380 + number * 205, colour)
    draw.rectangle(_big((120, 520), (300, 720)), fill="#d9b48b")
    for row in range(3):
        for column in range(3):
            draw.rectangle(_big((144 + column * 50, 548 + row * 52), (174 + column * 50, 578 + row * 52)), fill="#fff4dc")
    draw.rectangle(_big((0, 715), (WIDTH, HEIGHT)), fill="#5f8a6b")
    draw.rectangle(_big((0, 770), (WIDTH, 800)), fill="#e9e2d2")
    for x, y in ((760, 180), (850, 220), (690, 240), (980, 150)):
        _line(draw, (x - 24, y - 8), (x - 8, y - 14), (x, y), (x + 8, y - 14), (x + 24, y - 8), colour="#4c6b70", width=4)
    return _finish(image)


def _hall(draw: ImageDraw.ImageDraw, x: float, colour: str) -> None:
    """One hall: a steep glass side, a flat side with solar panels, a row of windows."""
    draw.rectangle(_big((x, 560), (x + 205, 720)), fill=colour)
    draw.polygon(_big((x, 560), (x, 455), (x + 205, 560)), fill="#26414a")
    for panel in range(4):
        first, last = 0.06 + panel * 0.235, 0.06 + panel * 0.235 + 0.19
        top, end = (x + 205 * first, 448 + 105 * first), (x + 205 * last, 448 + 105 * last)
        draw.polygon(_big(top, end, (end[0] - 8, end[1] + 15), (top[0] - 8, top[1] + 15)), fill="#5b8fd0")
    for window in range(3):
        draw.rectangle(_big((x + 24 + window * 58, 610), (x + 62 + window * 58, 655)), fill="#f6dfa4")


def _turbine(draw: ImageDraw.ImageDraw, hub: Point) -> None:
    x, y = hub
    draw.polygon(_big((x - 9, 640), (x - 4, y), (x + 4, y), (x + 9, 640)), fill="#f7f7f2")
    for blade in range(3):
        angle = math.radians(100 + 120 * blade)
        tip, one, two = _turned(hub, 165, angle), _turned(hub, 40, angle + 0.22), _turned(hub, 12, angle - 0.8)
        draw.polygon(_big(hub, one, tip, two), fill="#f7f7f2")
    _circle(draw, hub, 11, fill="#d8d8d0")


DRAWINGS: dict[str, Callable[[], bytes]] = {"chart": chart, "drawing": pump, "skyline": skyline}
