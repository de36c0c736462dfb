"""How a text will look and count on each network, made by the same path that publishes it."""

from dataclasses import dataclass

from app.editorial.content import LANGUAGES, Content
from app.editorial.disclosures import disclosure
from app.errors import _
from app.networks import counting
from app.networks.base import Limits, Parts, TextCount, compose
from app.networks.mastodon_servers import DEFAULTS as MASTODON_LIMITS


@dataclass(frozen=True, slots=True)
class Known:
    """A network as the editor knows it, without an account: its usual limits."""

    called: str
    limits: Limits

    @property
    def name(self) -> str:
        """In the reader's language, where it is a word."""
        return str(_(self.called))


NETWORKS = {
    "linkedin": Known("LinkedIn", Limits(3000, "utf16", max_images=20)),
    "mastodon": Known("Mastodon", MASTODON_LIMITS),
    "x": Known("X", Limits(280, "weighted", url_cost=counting.WEIGHTED_URL, max_images=4)),
    "bluesky": Known("Bluesky", Limits(300, "grapheme", max_images=4)),
    "threads": Known("Threads", Limits(500, "threads", max_images=20, max_links=5)),
    "facebook": Known("Facebook", Limits(63_206, "utf16", max_images=10)),
    "practice": Known("Practice network", MASTODON_LIMITS),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as one network will show it. `own` says that it has a wording made for this network."""

    network: str
    name: str
    language: str
    text: str
    disclosure: str
    count: TextCount
    own: bool


def wordings(content: Content, language: str, network: str) -> list[str]:
    """All wordings from which a share on this network is made: those made for it, or else the text and its variants."""
    own = [one["text"] for one in content["variants"] if (one["language"], one["network"]) == (language, network)]
    free = [one["text"] for one in content["variants"] if (one["language"], one["network"]) == (language, None)]
    return [text for text in own if text] or [text for text in (content["texts"].get(language, ""), *free) if text]


def languages(content: Content) -> list[str]:
    """The languages that have a text, the proposal's own first."""
    written = [language for language in LANGUAGES if content["texts"].get(language)]
    return sorted(written, key=lambda language: language != content["language"])


def shown(content: Content, language: str, network: str, *, company: str, link: str) -> Shown:
    """The first wording for this network, composed with disclosure and tracked link exactly as a share is."""
    known = NETWORKS[network]
    said = disclosure(language, network, company)
    approved = next(iter(wordings(content, language, network)), "")
    original = content["link"]["url"] if content["link"] else ""
    parts = Parts(disclosure=said, approved=approved, link=link if original else "", original_link=original)
    text = compose(parts, _any_length)
    own = any((one["language"], one["network"]) == (language, network) and one["text"] for one in content["variants"])
    return Shown(network, known.name, language, text, said, counting.count(text, known.limits), own)


def _any_length(text: str) -> TextCount:
    """An editor shows what is too long, and says so beside it."""
    return TextCount(len(text), len(text), 0)
