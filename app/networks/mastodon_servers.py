"""Finding out about a Mastodon-API server: its name, its OAuth addresses, its software, its limits and its rules."""

import ipaddress
import re
from typing import Any
from urllib.parse import urlsplit

import idna

from app.networks.calls import Step
from app.networks.clock import utc_now
from app.networks.faults import NetworkFault, Permanent, RateLimited, Retryable
from app.networks.mastodon_api import Api, as_count, as_size, as_text, as_url, part
from app.networks.mastodon_errors import classify, decode
from app.networks.oauth import Endpoints
from app.networks.values import Limits

EXACT_SOFTWARE = frozenset({"mastodon"})
CAUTION_PERCENT = 95
RULES_MAX = 50
DEFAULTS = Limits(
    text_max=500,
    text_unit="grapheme",
    url_cost=23,
    max_images=4,
    alt_max=1500,
    image_types=("image/jpeg", "image/png", "image/gif", "image/webp"),
    image_max_bytes=16_777_216,
    image_max_pixels=33_177_600,
)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def normalise(hint: str, allowed_private_hosts: frozenset[str] = frozenset()) -> str:
    """The host in `name@host`, `@name@host`, `https://host/...` or `host`: lower case, punycode. Raises Permanent("bad_server").

    Addresses in numbers, ports and user info are refused, except for hosts that the operator has named.
    """
    text = hint.strip().lower()
    text = _from_url(text) if "://" in text else text.split("/")[0].rsplit("@", 1)[-1]
    if text in allowed_private_hosts:
        return text
    return _punycode(text.rstrip("."))


def _from_url(text: str) -> str:
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise Permanent("bad_server", "url") from error
    if parts.scheme not in {"https", "http"} or "@" in parts.netloc:
        raise Permanent("bad_server", "url")
    return parts.netloc


def _punycode(text: str) -> str:
    try:
        host = idna.encode(text, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise Permanent("bad_server", "name") from error
    labels = host.split(".")
    if len(labels) < 2 or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise Permanent("bad_server", "name")
    if _is_address(host):
        raise Permanent("bad_server", "address")
    return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def discover(api: Api) -> Endpoints:
    """Where this server does OAuth; servers before 4.3 have no such page, and get the usual addresses. Raises Retryable,
    Permanent.
    """
    found = _optional(api, "/.well-known/oauth-authorization-server")
    methods, offered = found.get("code_challenge_methods_supported"), found.get("scopes_supported")
    return Endpoints(
        authorize=_own(api, found.get("authorization_endpoint"), "/oauth/authorize"),
        token=_own(api, found.get("token_endpoint"), "/oauth/token"),
        revoke=_own(api, found.get("revocation_endpoint"), "/oauth/revoke"),
        pkce=isinstance(methods, list) and "S256" in methods,
        issuer=as_url(found.get("issuer")),
        scopes=tuple(scope for scope in offered if isinstance(scope, str)) if isinstance(offered, list) else (),
    )


def _own(api: Api, value: object, default: str) -> str:
    """An address on this very server; anything else would send secrets away."""
    url = as_url(value)
    if not url:
        return api.base + default
    if urlsplit(url)[:2] != urlsplit(api.base)[:2]:
        raise Permanent("foreign_endpoint", urlsplit(url).netloc)
    return url


def software(api: Api) -> str:
    """The server's software by its own nodeinfo, lower case; "" when it does not say."""
    links = _optional(api, "/.well-known/nodeinfo").get("links")
    for link in reversed(links if isinstance(links, list) else []):
        address = as_url(part(link).get("href"))
        if address and urlsplit(address)[:2] == urlsplit(api.base)[:2]:
            return as_text(part(_optional(api, urlsplit(address).path), "software").get("name"), 40).lower()
    return ""


def limits(api: Api, *, exact: bool) -> Limits:
    """The server's limits; `exact`: it is known to count as we do, else stay 5 % below. Raises Retryable when it cannot be
    reached.
    """
    data = _optional(api, "/api/v2/instance")
    if not part(data, "configuration"):
        data = _optional(api, "/api/v1/instance")
    statuses, media = part(data, "configuration", "statuses"), part(data, "configuration", "media_attachments")
    announced = as_size(statuses.get("max_characters"), None) or as_size(data.get("max_toot_chars"), None) or DEFAULTS.text_max
    return Limits(
        text_max=announced if exact else announced * CAUTION_PERCENT // 100,
        text_unit="grapheme",
        url_cost=as_size(statuses.get("characters_reserved_per_url"), DEFAULTS.url_cost),
        max_images=_or(as_count(statuses.get("max_media_attachments")), DEFAULTS.max_images),
        alt_max=as_size(media.get("description_limit"), DEFAULTS.alt_max),
        image_types=_image_types(media.get("supported_mime_types")),
        image_max_bytes=as_size(media.get("image_size_limit"), DEFAULTS.image_max_bytes),
        image_max_pixels=as_size(media.get("image_matrix_limit"), DEFAULTS.image_max_pixels),
        source="fetched" if data else "static",
        fetched_at=utc_now(),
    )


def rules(api: Api) -> tuple[str, ...]:
    """The house rules of the server, in its own words; () when it shows none. Raises Retryable when it cannot be reached."""
    response = api.send("GET", "/api/v1/instance/rules")
    if not response.ok:
        return ()
    found = (as_text(part(rule).get("text"), 1000) for rule in decode(response, Step.READ, list)[:RULES_MAX])
    return tuple(text for text in found if text)


def _optional(api: Api, path: str) -> dict[str, Any]:
    """A page that a server need not have: {} when it is not there or not JSON; trouble that passes is raised."""
    response = api.send("GET", path)
    if response.ok:
        try:
            return dict(decode(response, Step.READ))
        except Retryable:
            return {}
    fault: NetworkFault = classify(response, Step.READ)
    if isinstance(fault, RateLimited) or response.status_code >= 500:
        raise fault
    return {}


def _image_types(value: object) -> tuple[str, ...]:
    found = tuple(kind for kind in value if isinstance(kind, str) and kind.startswith("image/")) if isinstance(value, list) else ()
    return found or DEFAULTS.image_types


def _or(value: int | None, default: int) -> int:
    return default if value is None else value
