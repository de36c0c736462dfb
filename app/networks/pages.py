"""Fetching a page or a picture that a person has linked to. Both may be hostile: the rules of `http` hold, and more than the
cap is never kept.
"""

import codecs
import re
from dataclasses import dataclass, field, replace

import requests

from app.networks.calls import call
from app.networks.faults import Permanent, Retryable
from app.networks.http import Http, Rules

PAGE_BYTES = 512_000
IMAGE_BYTES = 10_000_000
PAGE_SECONDS = 10.0
_CHARSETS = re.compile(r"(utf-8|ascii|iso8859-\d+|cp\d+|koi8-[ru]|shift_jis|euc_jp|euc_kr|gb2312|gbk|gb18030|big5)")
_META_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset\s{0,5}=\s{0,5}[\"']?([A-Za-z0-9_:-]{2,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """The beginning of a page (at most PAGE_BYTES), decoded. `url` is where it was found at last."""

    url: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it was served: not checked for being one, not re-encoded."""

    url: str
    mime: str
    data: bytes = field(repr=False)


def fetch_page(url: str, rules: Rules) -> Page:
    """The page behind a link, within ten seconds.

    Raises Permanent (address_refused, scheme_refused, bad_address, not_html, page_status) or Retryable (unreachable, timeout,
    connection_lost, too_many_redirects).
    """
    response = _get(url, rules, "text/html,application/xhtml+xml", PAGE_BYTES, cut=True)
    declared = response.headers.get("Content-Type", "").lower()
    if declared.split(";")[0].strip() not in {"text/html", "application/xhtml+xml"}:
        raise Permanent("not_html", declared)
    return Page(response.url, _decode(response.content, declared))


def fetch_image(url: str, rules: Rules, max_bytes: int = IMAGE_BYTES) -> Picture:
    """The picture behind an address. Raises as fetch_page does, with not_an_image, and Retryable("answer_too_large")."""
    response = _get(url, rules, "image/*", max_bytes, cut=False)
    mime = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    if not mime.startswith("image/") or mime == "image/svg+xml":
        raise Permanent("not_an_image", mime)
    return Picture(response.url, mime, response.content)


def _get(url: str, rules: Rules, accept: str, max_bytes: int, *, cut: bool) -> requests.Response:
    seconds = min(rules.read_seconds, PAGE_SECONDS)
    http = Http(replace(rules, read_seconds=seconds, max_bytes=max_bytes, cut_long_answers=cut))
    with http.session() as session:
        response = call(session, "GET", url, headers={"Accept": accept})
    if response.status_code in {408, 425, 429} or response.status_code >= 500:
        raise Retryable("page_status", str(response.status_code))
    if response.status_code != 200:
        raise Permanent("page_status", str(response.status_code))
    return response


def _decode(data: bytes, declared: str) -> str:
    """By the header, else by the page's own word, else UTF-8; only codecs that are plain character sets."""
    named = re.search(r"charset=[\"']?([a-z0-9_:-]{2,40})", declared)
    inside = _META_CHARSET.search(data[:4096])
    charset = named.group(1) if named else inside.group(1).decode("ascii") if inside else "utf-8"
    try:
        known = codecs.lookup(charset).name
    except LookupError:
        known = "utf-8"
    return data.decode(known if _CHARSETS.fullmatch(known) else "utf-8", errors="replace")
