"""The one path on which a share's text comes together, for the preview, the share and the tests alike."""

import hashlib
import uuid
from dataclasses import dataclass

import config
from app.editorial import content
from app.editorial.disclosures import disclosure
from app.editorial.models import Post, Variant
from app.errors import Invalid, _
from app.networks.base import Limits, Network, Parts, Permanent, TextCount
from app.people.models import User
from app.sharing import accounts, short_links, variants
from app.sharing.account_models import ConnectedAccount
from app.sharing.networks import name_of, network

WORDS_MAX = 5000
# Nobody's code: no code has this character.
PLACEHOLDER = "0" * short_links.LENGTH


@dataclass(frozen=True)
class Composition:
    """Exactly what will be sent for one account: `link` is the tracked link ("" without one), `target` where it leads."""

    text: str
    language: str
    variant: Variant
    count: TextCount
    code: str
    link: str
    target: str

    @property
    def text_hash(self) -> str:
        """SHA-256 of the text, as hex: what the person agreed to."""
        return hashlib.sha256(self.text.encode()).hexdigest()


def compose(
    user: User, post: Post, account: ConnectedAccount, *, language: str, words: str, click: str, variant_id: uuid.UUID | None = None
) -> Composition:
    """The text for one account. The same click and variant always give the same text.

    Raises Invalid when there is no text in that language or when it does not fit, with how much has to go.
    """
    variant = _variant(user, post, account, language, variant_id)
    code = short_links.code_for(user_id=user.id, post_id=post.id, place=str(account.id), click=click)
    return _composed(post, variant, account.network, accounts.limits_of(account), words=_own_words(words), code=code)


def template(post: Post, variant: Variant, *, network: str, limits: Limits) -> Composition:
    """The same for many accounts at once, without own words: its code is nobody's and stands for one of the same length.

    Raises what `compose` raises.
    """
    return _composed(post, variant, network, limits, words="", code=PLACEHOLDER)


def _composed(post: Post, variant: Variant, network_key: str, limits: Limits, *, words: str, code: str) -> Composition:
    link = content.of(post.content)["link"]
    target = link["url"] if link else ""
    tracked = short_links.address(code) if target else ""
    parts = Parts(
        disclosure=disclosure(variant.language, network_key, config.settings().company),
        approved=variant.text,
        personal=words,
        link=tracked,
        original_link=target,
    )
    text, count = _fit(network(network_key), parts, limits)
    return Composition(text=text, language=variant.language, variant=variant, count=count, code=code, link=tracked, target=target)


def _variant(user: User, post: Post, account: ConnectedAccount, language: str, variant_id: uuid.UUID | None) -> Variant:
    """The wording that the person has seen, when it is one for this account; else the one whose turn it is."""
    for one in variants.candidates(post, language=language, network=account.network):
        if one.id == variant_id:
            return one
    return variants.choose(post, language=language, network=account.network, user_id=user.id)


def _own_words(words: str) -> str:
    if len(words) > WORDS_MAX:
        raise Invalid(_("Your own words are longer than 5,000 characters. No network takes that much."), field="words")
    return words


def _fit(where: Network, parts: Parts, limits: Limits) -> tuple[str, TextCount]:
    """The text within the limits, and its count there."""
    try:
        text = where.compose(parts, limits)
    except Permanent as fault:
        if fault.code != "too_long" or fault.used is None or fault.limit is None:
            raise
        raise Invalid(
            _(
                "This is %(over)s characters too long for %(network)s, which takes %(limit)s. Shorten your own words; nothing is lost.",
                over=fault.used - fault.limit,
                limit=fault.limit,
                network=name_of(where.key),
            ),
            field="words",
        ) from fault
    return text, where.count_text(text, limits)
