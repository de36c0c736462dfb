"""Addresses that a post may point at: https or http, a real host, no password in it, no letters that only look like others."""

import re
from urllib.parse import quote, urlsplit, urlunsplit

from flask_babel import LazyString

from app.errors import Invalid, _

MAX_URL = 2000
_BARE = re.compile(r"[\w-]+(\.[\w-]+)+(:\d+)?(/|\?|#|$)")
_HOST = re.compile(
    r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}|(?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-f:.]+\]|localhost", re.IGNORECASE
)
_SAFE = "/%:@!$&'()*+,;=~-._?"


def clean_link(url: str) -> str:
    """The address in plain ASCII, an international host in its xn-- form; raises Invalid with what is wrong with it."""
    url = url.strip()
    if _BARE.match(url):
        url = f"https://{url}"
    if len(url) > MAX_URL:
        raise _invalid(_("That link is longer than 2,000 characters. Use the page's shorter address."))
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise _invalid(_("That does not look like a link. Copy it from your browser's address line.")) from error
    if parts.scheme.lower() not in {"http", "https"}:
        raise _invalid(_("A link has to start with https:// (or http://)."))
    if "@" in parts.netloc:
        raise _invalid(_("This link has a name or a password in it. Take away what stands before the @."))
    address = _host(host) + (f":{port}" if port else "")
    path, query, fragment = (quote(part, safe=_SAFE) for part in (parts.path, parts.query, parts.fragment))
    return urlunsplit((parts.scheme.lower(), address, path, query, fragment))


def _host(host: str) -> str:
    """The host in ASCII; raises Invalid when it cannot be one."""
    try:
        plain = f"[{host}]" if ":" in host else host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        plain = ""
    if not _HOST.fullmatch(plain.rstrip(".")):
        raise _invalid(_("That does not look like a link. Copy it from your browser's address line."))
    return plain


def site(url: str) -> str:
    """The host, for showing: never in letters that could be taken for others."""
    try:
        return clean_link(url).split("/")[2]
    except Invalid:
        return ""


def _invalid(message: LazyString) -> Invalid:
    return Invalid(message, field="link-url")
