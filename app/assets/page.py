"""What templates call: the address of an asset, an icon, the tone of a person's avatar."""

import json
import time
import zlib
from collections.abc import Callable
from functools import lru_cache

from markupsafe import Markup, escape

from app.assets.build import DIST, icon_names

AVATAR_TONES = 6


def asset_url(name: str) -> str:
    """The address of a built asset; its name changes with its content, so it may be cached for ever.

    Before the first build it is the plain name: the page still works, undressed.
    """
    return f"/static/dist/{_manifest(_built_at()).get(name, name)}"


def icon(name: str, label: str | None = None) -> Markup:
    """An icon from the sprite. Give a label only where no text stands beside it; without one it is hidden from the ear."""
    return _drawn(name, label, _built_at())


@lru_cache(maxsize=500)
def _drawn(name: str, label: str | None, _built_at: int) -> Markup:
    if name not in _names():
        raise LookupError(f"There is no icon named {name!r}; add it to app/static/src/icons.txt.")
    said = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(f'<svg class="icon" {said}><use href="{asset_url("sprite.svg")}#{name}"></use></svg>')  # noqa: S704


def avatar_tone(name: str) -> int:
    """One of six tones, always the same for the same name."""
    return zlib.crc32(name.casefold().encode()) % AVATAR_TONES + 1


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    return frozenset(name for name, _ in icon_names())


def _built_at() -> int:
    return _looked_up(int(time.monotonic()))


@lru_cache(maxsize=1)
def _looked_up(_second: int) -> int:
    """When the assets were built, in nanoseconds; looked at once a second, because a page asks for fifty icons."""
    try:
        return (DIST / "manifest.json").stat().st_mtime_ns
    except FileNotFoundError:
        return 0


@lru_cache(maxsize=1)
def _manifest(built_at: int) -> dict[str, str]:
    if not built_at:
        return {}
    names: dict[str, str] = json.loads((DIST / "manifest.json").read_text(encoding="utf-8"))
    return names


JINJA_GLOBALS: dict[str, Callable[..., object]] = {"asset_url": asset_url, "icon": icon, "avatar_tone": avatar_tone}
