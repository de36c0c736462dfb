"""A link's preview: title, description and picture, from the Open Graph tags of its page."""

import re
import unicodedata
from dataclasses import dataclass
from html.parser import HTMLParser
from itertools import islice
from urllib.parse import urljoin, urlsplit

from app.networks.http import Rules
from app.networks.pages import Page, fetch_page

TITLE_MAX = 200
DESCRIPTION_MAX = 400
MAX_TAGS = 200
_START = re.compile(r"<(?:meta|title)\b", re.IGNORECASE)
_TAG = re.compile(r"<meta\b(?>[^\"'<>]{1,500}|\"[^\"]{0,3000}\"|'[^']{0,3000}'){0,40}+>", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]{0,500}>([^<]{0,2000})", re.IGNORECASE)
_TITLE_NAMES = ("og:title", "twitter:title", "title")
_DESCRIPTION_NAMES = ("og:description", "twitter:description", "description")
_IMAGE_NAMES = ("og:image:secure_url", "og:image:url", "og:image", "twitter:image")


@dataclass(frozen=True, slots=True)
class Preview:
    """What a card shows; each may be "". Plain text of limited length, and an http(s) address."""

    url: str
    title: str = ""
    description: str = ""
    image_url: str = ""


def fetch_preview(url: str, rules: Rules) -> Preview:
    """Fetch a page and read its preview. Raises as fetch_page does."""
    return read_preview(fetch_page(url, rules))


def read_preview(page: Page) -> Preview:
    """The preview in a page; pure. Its time grows with the page's length, whatever the page does to prevent that."""
    tags = _tags(page.text)
    return Preview(
        url=page.url,
        title=_plain(_first(tags, _TITLE_NAMES), TITLE_MAX),
        description=_plain(_first(tags, _DESCRIPTION_NAMES), DESCRIPTION_MAX),
        image_url=_address(page.url, _first(tags, _IMAGE_NAMES)),
    )


class _Meta(HTMLParser):
    """Reads single, well-formed tags only: on a whole hostile page the standard parser can take minutes."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.name = self.content = self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        found = {name: value or "" for name, value in attrs}
        self.name = (found.get("property") or found.get("name") or "").strip().lower()
        self.content = found.get("content", "")

    def handle_data(self, data: str) -> None:
        self.text += data


def _tags(text: str) -> dict[str, str]:
    """The first content of each meta tag by name, and the title element under "title"."""
    found: dict[str, str] = {}
    for start in islice(_START.finditer(text), MAX_TAGS):
        reader = _Meta()
        if tag := _TAG.match(text, start.start()):
            reader.feed(tag.group())
        elif title := _TITLE.match(text, start.start()):
            reader.feed(title.group(1))
            reader.name = "title"
        reader.close()
        content = reader.content or reader.text
        if reader.name and content.strip():
            found.setdefault(reader.name, content)
    return found


def _first(tags: dict[str, str], names: tuple[str, ...]) -> str:
    return next((tags[name] for name in names if name in tags), "")


def _plain(text: str, longest: int) -> str:
    """One line without control, formatting or unpaired characters, cut at a word."""
    kept = "".join(
        " " if char.isspace() else char for char in text if char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs"}
    )
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rsplit(" ", 1)[0] + "…"


def _address(base: str, value: str) -> str:
    """The address made whole; "" when it is not http(s)."""
    try:
        address = urljoin(base, value.strip()) if value.strip() else ""
        return address if urlsplit(address).scheme in {"http", "https"} and len(address) <= 2000 else ""
    except ValueError:
        return ""
