"""What the answers of a Mastodon-API server mean. Strict about what proves that nothing was made, tolerant about how it is said."""

from collections.abc import Iterable
from typing import Any

import requests

from app.networks.calls import Step
from app.networks.clock import utc_now
from app.networks.faults import AccountBlocked, Ambiguous, NetworkFault, Permanent, Reauth, Retryable, safe_detail
from app.networks.mastodon_words import LONGEST_WAIT, moment, rate_limited

MEDIA_WAIT_SECONDS = 10.0
_BLOCKED = ("disabled", "suspended", "pending", "confirm", "moved", "limited", "frozen")
_THROTTLED = ("too many requests", "rate limit", "throttl")


def decode(response: requests.Response, step: Step, kind: type = dict) -> Any:
    """The JSON of a 2xx answer, of the expected kind. Raises Ambiguous while publishing, else Retryable, when it is something
    else.
    """
    try:
        data = response.json()
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, kind):
        raise lost("bad_answer", f"{response.status_code} {_media_type(response)}", step)
    return data


def lost(code: str, detail: str, step: Step) -> NetworkFault:
    """An answer that proves nothing."""
    return Ambiguous(code, detail) if step is Step.PUBLISH else Retryable(code, detail)


def classify(response: requests.Response, step: Step, *, secrets: Iterable[str] = (), with_media: bool = False) -> NetworkFault:
    """The fault in an answer that is not 2xx. `with_media`: the create request named media, so some refusals mean those."""
    status, said = response.status_code, _said(response, secrets)
    if status == 429 or (status == 503 and any(word in said.lower() for word in _THROTTLED)):
        return _throttled(response, step, said)
    if status < 400 or status >= 500 or status in {408, 425}:
        return _server_trouble(response, step, said)
    if status == 401 or (status == 400 and _names_token(said)):
        return Reauth("token_invalid", said)
    if _media_type(response) == "text/html":
        return lost("html_answer", str(status), step)
    return _refusal(status, said, step, with_media)


def _throttled(response: requests.Response, step: Step, said: str) -> NetworkFault:
    """A media file that is asked after counts like any call; only the upload itself has a limit of its own."""
    asked = response.request
    upload = step is Step.PREPARE and asked.method == "POST"
    return rate_limited(response.headers, personal="Authorization" in asked.headers, upload=upload, detail=said)


def _refusal(status: int, said: str, step: Step, with_media: bool) -> NetworkFault:
    words = said.lower()
    if status == 403:
        return _forbidden(words, said)
    if status == 404 and with_media:
        return Retryable("media_gone", said)
    if status == 409:
        return lost("conflict", said, step)
    if status == 422 and with_media and ("not finished processing" in words or "processing" in words):
        return Retryable("media_processing", said, after=MEDIA_WAIT_SECONDS)
    if status == 422 and with_media and step is Step.PUBLISH and ("already attached" in words or "not found" in words):
        return Ambiguous("media_taken", said)
    too_long = status == 413 or "character limit" in words or "too long" in words
    return Permanent("too_long" if too_long and step is Step.PUBLISH else "rejected", f"{status} {said}")


def _forbidden(words: str, said: str) -> NetworkFault:
    if "scope" in words:
        return Reauth("scope_missing", said)
    if any(word in words for word in _BLOCKED):
        return AccountBlocked("account_blocked", said)
    return Permanent("forbidden", said)


def _server_trouble(response: requests.Response, step: Step, said: str) -> NetworkFault:
    """5xx, time-outs and unexpected redirects: they say nothing about what was made."""
    status = response.status_code
    if 300 <= status < 400:
        return lost("redirected", str(status), step)
    if step is Step.PUBLISH:
        return Ambiguous("server_error", f"{status} {said}")
    told = moment(response.headers.get("Retry-After", ""), utc_now())
    after = (min(told, utc_now() + LONGEST_WAIT) - utc_now()).total_seconds() if told else None
    return Retryable("server_error", f"{status} {said}", after=after)


def _names_token(said: str) -> bool:
    """Some servers answer a dead token with 400 and plain text."""
    words = said.lower()
    return "token" in words and any(word in words for word in ("invalid", "expired", "revoked", "unauthori", "no such", "not found"))


def _said(response: requests.Response, secrets: Iterable[str]) -> str:
    """The server's own words, made safe: `error` of a JSON answer, or a short plain text."""
    if _media_type(response) == "text/html":
        return ""
    try:
        data = response.json()
    except (ValueError, RecursionError):
        return safe_detail(response.text[:1000], secrets)
    if not isinstance(data, dict):
        return ""
    return safe_detail(str(data.get("error_description") or data.get("error") or ""), secrets)


def _media_type(response: requests.Response) -> str:
    declared = response.headers.get("Content-Type", "").split(";")[0].strip().lower()
    return "text/html" if response.content[:100].lstrip().lower().startswith((b"<!doctype", b"<html")) else declared
