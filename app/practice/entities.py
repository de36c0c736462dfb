"""The shapes of Mastodon's API: rows as the JSON that a client reads."""

import sqlite3
from collections.abc import Sequence
from typing import Any

from app.practice import accounts, media, text
from app.practice.pacing import iso
from app.practice.pictures import KINDS
from app.practice.site import Site

Json = dict[str, Any]


def account(site: Site, row: sqlite3.Row) -> Json:
    """An Account."""
    url, picture = f"{site.base_url}/@{row['username']}", f"{site.base_url}/avatars/{row['username']}.svg"
    return {
        "id": str(row["id"]),
        "username": row["username"],
        "acct": row["username"],
        "display_name": row["display_name"],
        "locked": False,
        "bot": False,
        "discoverable": False,
        "group": False,
        "created_at": iso(row["created_at"]),
        "note": "",
        "url": url,
        "uri": url,
        "avatar": picture,
        "avatar_static": picture,
        "header": "",
        "header_static": "",
        "followers_count": 0,
        "following_count": 0,
        "statuses_count": row["statuses_count"],
        "last_status_at": None,
        "emojis": [],
        "fields": [],
    }


def own_account(site: Site, row: sqlite3.Row) -> Json:
    """A CredentialAccount: what only its owner reads."""
    source = {
        "privacy": "public",
        "sensitive": False,
        "language": row["language"],
        "note": "",
        "fields": [],
        "follow_requests_count": 0,
    }
    return {**account(site, row), "source": source, "role": {"id": "-99", "name": "", "permissions": "0"}}


def statuses(site: Site, db: sqlite3.Connection, rows: Sequence[sqlite3.Row]) -> list[Json]:
    """Some Statuses, with their accounts and pictures, by two more queries."""
    people = accounts.by_ids(db, [row["account_id"] for row in rows])
    pictures = media.of_statuses(db, [row["id"] for row in rows])
    return [_status(site, row, people[row["account_id"]], pictures.get(row["id"], [])) for row in rows]


def _status(site: Site, row: sqlite3.Row, author: sqlite3.Row, pictures: list[sqlite3.Row]) -> Json:
    url = f"{site.base_url}/@{author['username']}/{row['id']}"
    return {
        "id": str(row["id"]),
        "created_at": iso(row["created_at"]),
        "in_reply_to_id": _id(row["in_reply_to_id"]),
        "in_reply_to_account_id": _id(row["in_reply_to_account_id"]),
        "sensitive": bool(row["sensitive"]),
        "spoiler_text": row["spoiler_text"],
        "visibility": row["visibility"],
        "language": row["language"],
        "uri": url,
        "url": url,
        "replies_count": row["replies"],
        "reblogs_count": row["boosts"],
        "favourites_count": row["stars"],
        "quotes_count": 0,
        "edited_at": None,
        "content": str(text.html(row["text"], site.base_url)),
        "reblog": None,
        "application": {"name": row["app_name"], "website": row["app_website"]} if row["app_name"] else None,
        "account": account(site, author),
        "media_attachments": [attachment(site, picture) for picture in pictures],
        "mentions": [],
        "tags": [{"name": t.lower(), "url": f"{site.base_url}/tags/{t.lower()}"} for t in text.tags(row["text"])],
        "emojis": [],
        "card": _card(row["text"]),
        "poll": None,
    }


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)


def _card(words: str) -> Json | None:
    found = text.card(words)
    if found is None:
        return None
    url, host, path = found
    empty = {"author_name": "", "author_url": "", "provider_url": "", "html": "", "embed_url": "", "image": None}
    shown = {"url": url, "title": path or host, "description": "", "type": "link", "provider_name": host}
    return {**shown, **empty, "width": 0, "height": 0}


def attachment(site: Site, row: sqlite3.Row) -> Json:
    """A MediaAttachment; `url` is null while it is processed."""
    ready = row["polls_left"] == 0 and not row["broken"]
    url = media_url(site, row) if ready else None
    size = {"width": row["width"], "height": row["height"], "size": f"{row['width']}x{row['height']}"}
    return {
        "id": str(row["id"]),
        "type": "gifv" if row["kind"] == "gif" else "image",
        "url": url,
        "preview_url": url,
        "remote_url": None,
        "text_url": None,
        "meta": {"original": {**size, "aspect": row["width"] / row["height"]}},
        "description": row["description"],
        "blurhash": None,
    }


def media_url(site: Site, row: sqlite3.Row) -> str:
    """Where a picture is served."""
    assert row["kind"] in KINDS
    return f"{site.base_url}/media/{row['id']}.{row['kind']}"
