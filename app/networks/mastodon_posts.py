"""Writing to a Mastodon-API server: what will be sent, the pictures before it, the one create request, and taking back."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from app.networks import counting, mastodon_words
from app.networks.calls import Step
from app.networks.clock import utc_now
from app.networks.faults import Permanent, Retryable
from app.networks.http import CONNECT_SECONDS, UPLOAD_SECONDS
from app.networks.mastodon_api import Api, as_id, as_time, as_url
from app.networks.mastodon_errors import classify, decode, lost
from app.networks.stored import Json
from app.networks.values import AlreadyGone, Deleted, Draft, Image, Limits, Payload, Prepared, Published

MEDIA_LIFE = timedelta(hours=12)
MEDIA_POLLS = (1.0, 1.0, 2.0, 2.0, 4.0, 4.0, 8.0, 8.0)
VISIBILITIES = frozenset({"public", "unlisted", "private", "direct"})
_EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp"}


def render(draft: Draft, limits: Limits) -> Payload:
    """The create request as it will leave. Raises Permanent: empty, too long, link missing, or pictures that the server does
    not take.
    """
    counted = counting.count(draft.text, limits)
    if not draft.text.strip():
        raise Permanent("text_blank")
    if counted.over:
        raise Permanent("too_long", used=counted.used, limit=counted.limit)
    if draft.link and draft.link not in draft.text.split():
        raise Permanent("link_missing")
    if draft.visibility not in VISIBILITIES:
        raise Permanent("bad_visibility", draft.visibility)
    media = tuple(_describe(image, limits) for image in _few(draft.images, limits))
    body: Json = {"status": draft.text, "visibility": draft.visibility, "language": _language(draft.language)}
    return Payload(body=body, idempotency_key=f"{draft.key}:{_digest(body, media)}", marker=draft.link, media=media)


def _few(images: Sequence[Image], limits: Limits) -> Sequence[Image]:
    if len(images) > limits.max_images:
        raise Permanent("too_many_images", used=len(images), limit=limits.max_images)
    return images


def _describe(image: Image, limits: Limits) -> Json:
    """What prepare has to upload. Raises Permanent when the server would refuse it."""
    pixels, alt = image.width * image.height, counting.graphemes(image.alt)
    if image.mime not in limits.image_types:
        raise Permanent("image_type", image.mime)
    if limits.image_max_bytes is not None and len(image.data) > limits.image_max_bytes:
        raise Permanent("image_bytes", used=len(image.data), limit=limits.image_max_bytes)
    if limits.image_max_pixels is not None and pixels > limits.image_max_pixels:
        raise Permanent("image_pixels", used=pixels, limit=limits.image_max_pixels)
    if limits.alt_max is not None and alt > limits.alt_max:
        raise Permanent("alt_too_long", used=alt, limit=limits.alt_max)
    return {"sha256": hashlib.sha256(image.data).hexdigest(), "mime": image.mime, "alt": image.alt}


def _language(language: str) -> str:
    """Two or three letters, as the server wants them: "de-AT" is "de"."""
    found = re.match(r"[a-z]{2,3}", language.lower())
    if not found:
        raise Permanent("bad_language", language)
    return found.group()


def _digest(body: Json, media: Sequence[Json]) -> str:
    canonical = json.dumps([body, list(media)], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]


def prepare(api: Api, payload: Payload, images: Sequence[Image], pause: Callable[[float], None] = time.sleep) -> Prepared:
    """Upload the pictures with their alt texts and wait until the server is done with each (about half a minute at most)."""
    if len(images) != len(payload.media):
        raise Permanent("images_changed", used=len(images), limit=len(payload.media))
    refs = []
    for image, wanted in zip(images, payload.media, strict=True):
        if hashlib.sha256(image.data).hexdigest() != wanted["sha256"]:
            raise Permanent("images_changed")
        refs.append(_upload(api, image.data, wanted, pause))
    return Prepared(tuple(refs), utc_now() + MEDIA_LIFE if refs else None)


def _upload(api: Api, data: bytes, wanted: Json, pause: Callable[[float], None]) -> str:
    name = f"picture.{_EXTENSIONS.get(wanted['mime'], 'bin')}"
    options: Json = {
        "files": {"file": (name, data, wanted["mime"])},
        "data": {"description": wanted["alt"]} if wanted["alt"] else {},
        "timeout": (CONNECT_SECONDS, UPLOAD_SECONDS),
        "step": Step.PREPARE,
    }
    response = api.send("POST", "/api/v2/media", **options)
    if response.status_code == 404:
        response = api.send("POST", "/api/v1/media", **options)
    if not response.ok:
        raise classify(response, Step.PREPARE, secrets=(api.token,))
    answer = decode(response, Step.PREPARE)
    media_id = as_id(answer.get("id"))
    if not media_id:
        raise Retryable("bad_answer", "media without id")
    if response.status_code == 202 or not answer.get("url"):
        _await_media(api, media_id, pause)
    return media_id


def _await_media(api: Api, media_id: str, pause: Callable[[float], None]) -> None:
    """Until the server says 200. Raises Retryable("media_processing") when it takes too long, Permanent when it failed."""
    for seconds in MEDIA_POLLS:
        pause(seconds)
        response = api.send("GET", f"/api/v1/media/{quote(media_id, safe='')}", step=Step.PREPARE)
        if response.status_code == 200:
            return
        if response.status_code == 422:
            raise Permanent("media_rejected")
        if response.status_code not in {202, 206}:
            raise classify(response, Step.PREPARE, secrets=(api.token,), with_media=True)
    raise Retryable("media_processing", after=30)


def publish(api: Api, payload: Payload, prepared: Prepared) -> Published:
    """The one create request, with its key; whatever does not prove an outcome is Ambiguous."""
    body = {**payload.body, "media_ids": list(prepared.refs)} if prepared.refs else payload.body
    key = {"Idempotency-Key": payload.idempotency_key}
    response = api.send("POST", "/api/v1/statuses", step=Step.PUBLISH, json=body, headers=key)
    if not 200 <= response.status_code < 300:
        raise classify(response, Step.PUBLISH, secrets=(api.token,), with_media=bool(prepared.refs))
    return replace(published(decode(response, Step.PUBLISH)), budget=mastodon_words.budget(response.headers))


def published(status: dict[str, Any]) -> Published:
    """The post in a status; raises Ambiguous when it has no id."""
    remote_id = as_id(status.get("id"))
    if not remote_id:
        raise lost("no_id", "", Step.PUBLISH)
    return Published(remote_id, as_url(status.get("url")) or as_url(status.get("uri")), as_time(status.get("created_at")) or utc_now())


def delete(api: Api, remote_id: str) -> Deleted | AlreadyGone:
    """Take a post back. A page instead of an answer is no proof that it is gone."""
    response = api.send("DELETE", f"/api/v1/statuses/{quote(remote_id, safe='')}")
    if response.ok:
        return Deleted()
    fault = classify(response, Step.READ, secrets=(api.token,))
    if response.status_code in {404, 410} and isinstance(fault, Permanent):
        return AlreadyGone()
    raise fault
