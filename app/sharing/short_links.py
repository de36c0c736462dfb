"""Short links: one for each delivery; the tracked link, and the marker by which a post is found again after a time-out."""

import hashlib
import hmac
import re
import uuid
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from psycopg import Connection
from psycopg.errors import DataError
from sqlalchemy import bindparam, select, update
from werkzeug.urls import iri_to_uri

import config
from app.db import session
from app.sharing.models import ShortLink

Driver = Connection[Any]
ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 10
WELL_FORMED = re.compile(r"[0-9A-Za-z]{8,32}")
_WEB_ADDRESS = re.compile(r"https?://[^\x00-\x1f\x7f]+", re.IGNORECASE)
# Names of programs stand at the beginning; what is longer is somebody who wants us to read for long.
_AGENT_READ = 400
# Locked in the order of the codes, so that processes that add at the same moment wait for each other instead of for ever. Unless it must be
# durable, the disk is not waited for: others would wait for the same links meanwhile.
_NAME = "SELECT CAST(pg_current_xact_id() AS text)"
_ADD_CLICKS = """
    WITH clicked AS (SELECT * FROM unnest(%(codes)s::text[], %(counts)s::integer[]) AS clicked (code, many)),
         locked AS (SELECT code FROM short_links WHERE code = ANY (%(codes)s::text[]) ORDER BY code FOR NO KEY UPDATE),
         added AS (UPDATE short_links SET clicks = clicks + many FROM locked JOIN clicked USING (code) WHERE short_links.code = locked.code)
    SELECT CASE WHEN NOT %(durable)s THEN set_config('synchronous_commit', 'off', true) END
"""
TARGET = select(ShortLink.target).where(ShortLink.code == bindparam("code"))
_WAS_COMMITTED = "SELECT pg_xact_status(%s::xid8)"
# People behind these do not read yet: crawlers, card makers of the networks, and programs.
_NOT_PEOPLE = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[/_-]|crawl|spider|slurp|preview|scrap|fetch|archiv|monitor|validator|headless|lighthouse"
    r"|facebookexternalhit|facebookcatalog|meta-external|whatsapp/|cardyb|skypeuri|pinterest|vkshare|embedly|iframely|quora link|outbrain"
    r"|mastodon/|pleroma|akkoma|misskey|gotosocial|lemmy|friendica|hubzilla"
    r"|http-?client|okhttp|python|curl/|wget/|libwww|java/|go-http|axios|undici|\bruby\b|guzzle|postman|w3c_",
    re.IGNORECASE,
)


def code_for(*, user_id: uuid.UUID | str, post_id: uuid.UUID, place: str, click: str) -> str:
    """The code of one share to one place (an account's id, or a network's name).

    It is the same for the same click, so that what a person sees before sharing is what is sent, to the character; nobody without our
    secret key can guess it.
    """
    said = "\0".join(("short link", str(user_id), str(post_id), place, click))
    number = int.from_bytes(hmac.digest(config.settings().secret_key.encode(), said.encode(), hashlib.sha256), "big")
    code = ""
    while len(code) < LENGTH:
        number, place_value = divmod(number, len(ALPHABET))
        code += ALPHABET[place_value]
    return code


def address(code: str) -> str:
    """What stands in the text."""
    return f"{config.settings().base_url}/s/{code}"


def follow(code: str, *, counts: bool) -> str | None:
    """Where the link leads, None when there is no such link; with `counts` this was a click, added by one statement."""
    if counts:
        added = update(ShortLink).where(ShortLink.code == code).values(clicks=ShortLink.clicks + 1).returning(ShortLink.target)
        return as_location(session.scalar(added))
    return as_location(session.scalar(TARGET, {"code": code}))


def as_location(target: str | None) -> str | None:
    """A stored target as a header may carry it; None when it is no web address, whoever wrote it there."""
    if target is None or not _WEB_ADDRESS.fullmatch(target):
        return None
    try:
        return iri_to_uri(target)
    except ValueError:
        return None


def add_clicks(on: Driver, counts: Mapping[str, int], *, durable: bool, named: Callable[[str], None]) -> None:
    """Add many clicks to many links in one transaction; codes whose link is gone are passed over.

    `named` hears the transaction's name, for `were_added`, before anything can be committed. The statement and its COMMIT leave together:
    a busy process that gets round to the COMMIT later would keep the links locked for others. Without `durable`, a database that falls
    over may forget the last half second.
    """
    [name] = on.execute(_NAME).fetchall()
    named(name[0])
    with on.pipeline():
        on.execute(_ADD_CLICKS, {"codes": list(counts), "counts": list(counts.values()), "durable": durable})
        on.execute("COMMIT")


def were_added(on: Driver, transaction: str) -> bool | None:
    """Whether the transaction that `add_clicks` named was committed; None while it is still under way."""
    try:
        [status] = on.execute(_WAS_COMMITTED, [transaction]).fetchall()
    except DataError:  # a database that has fallen over forgets the newest names
        status = ("aborted",)
    on.rollback()
    return None if status[0] == "in progress" else bool(status[0] == "committed")


def is_person(*, method: str, agent: str, purpose: str = "") -> bool:
    """Whether a request is somebody's click: not a look at the headers, not a known program, not a browser fetching ahead."""
    return method == "GET" and "prefetch" not in purpose.lower() and _is_browser(agent[:_AGENT_READ])


@lru_cache(maxsize=2048)
def _is_browser(agent: str) -> bool:
    """Browsers call themselves by few names, and reading one costs more than all the rest of a redirect."""
    return bool(agent.strip()) and not _NOT_PEOPLE.search(agent)
