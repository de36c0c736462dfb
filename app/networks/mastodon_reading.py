"""Reading back from a Mastodon-API server: what became of an attempt, and how a post is doing."""

import html
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from app.networks.calls import Step
from app.networks.clock import utc_now
from app.networks.faults import Permanent
from app.networks.mastodon_api import Api, as_count, as_id, as_time, as_url
from app.networks.mastodon_errors import classify, decode
from app.networks.values import Absent, Attempt, Found, Gone, Metrics, Reconciled, Unknown

CLOCK_SKEW = timedelta(minutes=5)
PAGE = 40
MAX_PAGES = 5
BATCH = 20
CONTENT_MAX = 20_000


def reconcile(api: Api, account_id: str, attempt: Attempt) -> Reconciled:
    """Look for the attempt among the account's own posts, newest first, back to the moment it was made.

    Absent needs proof: the list was read, page by page, beyond that moment (five minutes are allowed for differing clocks) or
    to its end. Without a marker link the text itself is compared, and a post that merely differs leaves it Unknown. So does the same in an
    older post: the clock that said when it was made may have been ahead of the server's.
    """
    since, max_id, doubt = attempt.started_at - CLOCK_SKEW, "", ""
    for _ in range(MAX_PAGES):
        statuses = _own_statuses(api, account_id, max_id)
        for status in statuses:
            verdict = _judge(status, attempt, since)
            if isinstance(verdict, Found):
                return verdict
            doubt = doubt or verdict
        last = statuses[-1] if statuses else {}
        max_id = as_id(last.get("id"))
        if not statuses or _older(last, since):
            return Unknown(doubt) if doubt else Absent()
        if not max_id:
            return Unknown("bad_answer")
    return Unknown("too_many_posts")


def _own_statuses(api: Api, account_id: str, max_id: str) -> list[dict[str, Any]]:
    query = {"limit": str(PAGE), "exclude_reblogs": "true"} | ({"max_id": max_id} if max_id else {})
    path = f"/api/v1/accounts/{quote(account_id, safe='')}/statuses"
    found = api.ask("GET", path, kind=list, params=query)
    return [status if isinstance(status, dict) else {} for status in found]


def _judge(status: dict[str, Any], attempt: Attempt, since: datetime) -> Found | str:
    """Found, or the code of a doubt that this status leaves, or ""."""
    at, remote_id = as_time(status.get("created_at")), as_id(status.get("id"))
    if at is None or not remote_id:
        return "bad_answer"
    if remote_id in attempt.known:
        return ""
    content = status.get("content")
    content = content[:CONTENT_MAX] if isinstance(content, str) else ""
    if attempt.payload.marker:
        same = attempt.payload.marker in _links(content)
    else:
        same = _bare(content) == _bare(html.escape(str(attempt.payload.body.get("status", ""))))
    if same and at < since:
        return "same_in_older_post"
    if same:
        return Found(remote_id, as_url(status.get("url")) or as_url(status.get("uri")), at)
    return "" if attempt.payload.marker or at < since else "no_marker"


def _older(status: dict[str, Any], since: datetime) -> bool:
    at = as_time(status.get("created_at"))
    return at is not None and at < since


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.update(value for name, value in attrs if tag == "a" and name == "href" and value)

    def handle_data(self, data: str) -> None:
        self.found.update(data.split())


def _links(content: str) -> set[str]:
    """Every address in a status: what links point to, and words of the text for servers that make no links."""
    reader = _Links()
    for tag in re.findall(r"<a\s[^<>]{0,4000}>|>[^<>]{4,4000}", f">{content}"):
        reader.feed(tag.removeprefix(">"))
    reader.close()
    return reader.found


def _bare(content: str) -> str:
    """The letters and digits of a text, without tags: what stays the same however a server dresses it."""
    text = html.unescape(re.sub(r"<[^<>]*>", "", content))
    return "".join(char for char in unicodedata.normalize("NFC", text) if char.isalnum())


def metrics(api: Api, remote_ids: Sequence[str]) -> dict[str, Metrics | Gone]:
    """Counts for up to BATCH posts of this server; what the batch leaves out is asked for by itself before it is called gone."""
    found: dict[str, Metrics | Gone] = {}
    wanted = [remote_id for remote_id in remote_ids if as_id(remote_id)]
    if len(wanted) > 1:
        found = _batch(api, wanted)
    for remote_id in wanted:
        if remote_id not in found:
            found[remote_id] = _single(api, remote_id)
    return found


def _batch(api: Api, remote_ids: Sequence[str]) -> dict[str, Metrics | Gone]:
    """The batch call is newer than many servers: where it is not known, nothing is found."""
    response = api.send("GET", "/api/v1/statuses", params=[("id[]", remote_id) for remote_id in remote_ids])
    if response.ok:
        statuses = decode(response, Step.READ, list)
        return {
            as_id(status.get("id")): _counts(status)
            for status in statuses
            if isinstance(status, dict) and as_id(status.get("id")) in remote_ids
        }
    if response.status_code in {400, 404, 405, 410, 501}:
        return {}
    raise classify(response, Step.READ, secrets=(api.token,))


def _single(api: Api, remote_id: str) -> Metrics | Gone:
    response = api.send("GET", f"/api/v1/statuses/{quote(remote_id, safe='')}")
    if response.ok:
        return _counts(decode(response, Step.READ))
    fault = classify(response, Step.READ, secrets=(api.token,))
    if response.status_code in {404, 410} and isinstance(fault, Permanent):
        return Gone()
    raise fault


def _counts(status: dict[str, Any]) -> Metrics:
    return Metrics(
        likes=as_count(status.get("favourites_count")),
        comments=as_count(status.get("replies_count")),
        reposts=as_count(status.get("reblogs_count")),
        quotes=as_count(status.get("quotes_count")),
        fetched_at=utc_now(),
    )
