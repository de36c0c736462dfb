"""Short links: one for each delivery; the tracked link, and the marker by which a post is found again after a time-out."""

import hashlib
import hmac
import re
import uuid

from sqlalchemy import select, update

import config
from app.db import session
from app.sharing.models import ShortLink

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 10
# People behind these do not read yet: crawlers, card makers of the networks, and programs.
_NOT_PEOPLE = re.compile(
    r"(?<!cu)bot\b|(?<!cu)bot[/_-]|crawl|spider|slurp|preview|scrap|fetch|archiv|monitor|validator|headless|lighthouse"
    r"|facebookexternalhit|facebookcatalog|meta-external|whatsapp/|cardyb|skypeuri|pinterest|vkshare|embedly|iframely|quora link|outbrain"
    r"|mastodon/|pleroma|akkoma|misskey|gotosocial|lemmy|friendica|hubzilla"
    r"|http-?client|okhttp|python|curl/|wget/|libwww|java/|go-http|axios|undici|\bruby\b|guzzle|postman|w3c_",
    re.IGNORECASE,
)


def code_for(*, user_id: uuid.UUID, post_id: uuid.UUID, place: str, click: str) -> str:
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
        return session.scalar(
            update(ShortLink).where(ShortLink.code == code).values(clicks=ShortLink.clicks + 1).returning(ShortLink.target)
        )
    return session.scalar(select(ShortLink.target).where(ShortLink.code == code))


def is_person(*, method: str, agent: str, purpose: str = "") -> bool:
    """Whether a request is somebody's click: not a look at the headers, not a known program, not a browser fetching ahead."""
    return method == "GET" and bool(agent.strip()) and not _NOT_PEOPLE.search(agent) and "prefetch" not in purpose.lower()
