"""A company's logo: one small picture from a file of the operator's, read once."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.etree import ElementTree

import config

MOST_BYTES = 200 * 1024
SVG = "{http://www.w3.org/2000/svg}svg"
BEGINNINGS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True)
class Logo:
    """What `/logo` answers; another picture has another `version`."""

    content: bytes
    mimetype: str
    version: str


@lru_cache(maxsize=1)
def read(path: str) -> Logo | None:
    """The picture at this path, none when the path is empty. Raises ConfigError with the step that mends it."""
    if not path:
        return None
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise config.ConfigError(f"LOGO_PATH points at {path}, which cannot be read: {error.strerror}.") from error
    mimetype = _mimetype(content) if len(content) <= MOST_BYTES else ""
    if not mimetype:
        kinds = f"an SVG, PNG, JPEG or WebP picture of at most {MOST_BYTES // 1024} KB"
        raise config.ConfigError(f"LOGO_PATH must name {kinds}; {path} is not one.")
    return Logo(content, mimetype, hashlib.sha256(content).hexdigest()[:12])


def _mimetype(content: bytes) -> str:
    """By the content, whatever the file is called; empty for everything else."""
    for beginning, mimetype in BEGINNINGS.items():
        if content.startswith(beginning):
            return mimetype
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if _is_svg(content) else ""


def _is_svg(content: bytes) -> bool:
    try:
        return ElementTree.fromstring(content).tag == SVG  # noqa: S314 - the operator's own file, and no larger than a logo
    except ElementTree.ParseError:
        return False
