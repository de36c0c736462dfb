"""The way without a connected account: the network's own composer in the person's browser. Pure functions, no request is made."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from app.networks.faults import Permanent

MAIL_MAX = 2000
_HOST = re.compile(r"[a-z0-9.-]+(?::\d+)?")


@dataclass(frozen=True, slots=True)
class ShareLink:
    """Where to send the browser. Without `takes_text` the text has to be copied first; without `takes_link` the link too."""

    key: str
    name: str
    url: str
    takes_text: bool
    takes_link: bool = True


@dataclass(frozen=True, slots=True)
class Share:
    """What is to be shared: text (with or without the link in it), tracked link, a subject for mails, the person's own server
    for Mastodon.
    """

    text: str
    link: str
    subject: str = ""
    server: str = ""

    @property
    def text_and_link(self) -> str:
        """The text with the link in it, once."""
        return self.text if self.link in self.text.split() else f"{self.text}\n\n{self.link}".strip()

    @property
    def text_alone(self) -> str:
        """The text without the link, for composers that add it themselves."""
        return re.sub(rf"\s*(?<!\S){re.escape(self.link)}(?!\S)", "", self.text).strip() if self.link else self.text


def share_link(key: str, share: Share) -> ShareLink:
    """The composer's address for one of KEYS. Raises KeyError for another, Permanent("bad_server") for a Mastodon server that
    is no host.
    """
    return _MAKERS[key](share)


def _linkedin(share: Share) -> ShareLink:
    return ShareLink("linkedin", "LinkedIn", f"https://www.linkedin.com/sharing/share-offsite/?url={_encode(share.link)}", takes_text=False)


def _x(share: Share) -> ShareLink:
    url = f"https://x.com/intent/tweet?text={_encode(share.text_alone)}&url={_encode(share.link)}"
    return ShareLink("x", "X", url, takes_text=True)


def _facebook(share: Share) -> ShareLink:
    return ShareLink("facebook", "Facebook", f"https://www.facebook.com/sharer/sharer.php?u={_encode(share.link)}", takes_text=False)


def _whatsapp(share: Share) -> ShareLink:
    return ShareLink("whatsapp", "WhatsApp", f"https://api.whatsapp.com/send?text={_encode(share.text_and_link)}", takes_text=True)


def _threads(share: Share) -> ShareLink:
    url = f"https://www.threads.net/intent/post?text={_encode(share.text_alone)}&url={_encode(share.link)}"
    return ShareLink("threads", "Threads", url, takes_text=True)


def _bluesky(share: Share) -> ShareLink:
    return ShareLink("bluesky", "Bluesky", f"https://bsky.app/intent/compose?text={_encode(share.text_and_link)}", takes_text=True)


def _mastodon(share: Share) -> ShareLink:
    if not _HOST.fullmatch(share.server):
        raise Permanent("bad_server", "share link")
    return ShareLink("mastodon", "Mastodon", f"https://{share.server}/share?text={_encode(share.text_and_link)}", takes_text=True)


def _xing(share: Share) -> ShareLink:
    del share
    return ShareLink("xing", "XING", "https://www.xing.com/", takes_text=False, takes_link=False)


def _email(share: Share) -> ShareLink:
    """A mail with everything in it; where that is too long for a link, one with the tracked link alone."""
    subject = _encode(share.subject)
    whole = f"mailto:?subject={subject}&body={_encode(share.text_and_link, line_break='%0D%0A')}"
    if len(whole) <= MAIL_MAX:
        return ShareLink("email", "E-mail", whole, takes_text=True)
    return ShareLink("email", "E-mail", f"mailto:?subject={_encode(share.subject[:100])}&body={_encode(share.link)}", takes_text=False)


def _encode(value: str, line_break: str = "%0A") -> str:
    return quote(value, safe="", errors="replace").replace("%0D%0A", "%0A").replace("%0A", line_break)


_MAKERS: dict[str, Callable[[Share], ShareLink]] = {
    "linkedin": _linkedin,
    "x": _x,
    "facebook": _facebook,
    "whatsapp": _whatsapp,
    "threads": _threads,
    "bluesky": _bluesky,
    "mastodon": _mastodon,
    "xing": _xing,
    "email": _email,
}
KEYS = tuple(_MAKERS)
