"""Shares without a connected account: the person posts in the network's own composer and tells us. Never called published."""

import hashlib
import uuid
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

import config
from app import clock
from app.audit.events import record
from app.db import session
from app.editorial import content
from app.editorial.disclosures import disclosure
from app.editorial.models import Post
from app.errors import Invalid, Missing, Refusal, _
from app.ids import uuid7
from app.networks.base import Parts, Permanent, TextCount, compose
from app.networks.share_links import Share as ShareText
from app.networks.share_links import ShareLink, share_link
from app.people.models import User
from app.sharing import short_links, switches, variants
from app.sharing.models import HandShare, ShortLink

URL_MAX = 500


def offered() -> dict[str, str]:
    """The ways by hand that are switched on: key and name, in the order in which they are offered; one query."""
    return {key: switches.link_name(key) for key in switches.enabled_links()}


def begin(user: User, post: Post, *, network: str, language: str, click: str) -> HandShare:
    """Compose the text for one network with a tracked link of the person's own; a click counts once."""
    if not switches.link_enabled(network):
        raise Invalid(_("Choose a network from the list."), field="network")
    present = clock.now()
    if post.state != "live" or not post.share_from <= present < post.share_until:
        raise Refusal(_("This post cannot be shared any more."))
    code = short_links.code_for(user_id=user.id, post_id=post.id, place=network, click=click)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"by hand {code}", 0))))  # a double click waits
    earlier = session.get(ShortLink, code, options=[joinedload(ShortLink.hand_share)])
    if earlier is not None and earlier.hand_share is not None:
        return earlier.hand_share
    return _write(user, post, network=network, language=language, code=code)


def _write(user: User, post: Post, *, network: str, language: str, code: str) -> HandShare:
    said = content.of(post.content)
    target = said["link"]["url"] if said["link"] else ""
    variant = variants.choose(post, language=language, network=network, user_id=user.id)
    parts = Parts(
        disclosure=disclosure(language, network, config.settings().company),
        approved=variant.text,
        link=short_links.address(code) if target else "",
        original_link=target,
    )
    text = compose(parts, lambda words: TextCount(len(words), len(words), 0))
    made = HandShare(
        id=uuid7(),
        user_id=user.id,
        post_id=post.id,
        network=network,
        language=language,
        text=text,
        text_hash=hashlib.sha256(text.encode()).hexdigest(),
    )
    session.add(made)
    session.flush()  # the short link points at it
    if target:
        session.add(ShortLink(code=code, hand_share_id=made.id, target=target))
    record("opened by hand", "hand_shares", made.id, by=user.id, post=str(post.id), network=network)
    return made


def own(user: User, hand_share_id: uuid.UUID) -> HandShare:
    """The person's own hand share with its post and link; raises Missing for somebody else's and for none."""
    shown = (joinedload(HandShare.post).joinedload(Post.author), joinedload(HandShare.link))
    found = session.scalars(select(HandShare).where(HandShare.id == hand_share_id).options(*shown)).one_or_none()
    if found is None or found.user_id != user.id:
        raise Missing(_("There is no such share, or it is not yours."))
    return found


def composer(one: HandShare, *, server: str = "") -> ShareLink:
    """Where to send the browser. For Mastodon the person says on which server they are; raises Invalid when that is none."""
    link = short_links.address(one.link.code) if one.link else ""
    subject = content.first_words(content.of(one.post.content), 60)
    try:
        return share_link(one.network, ShareText(text=one.text, link=link, subject=subject, server=server.strip().lower()))
    except Permanent as fault:
        raise Invalid(_("Write the server on which you are, like mastodon.social."), field="server") from fault


def confirm(one: HandShare, *, by: User, url: str = "", now: datetime | None = None) -> None:
    """The person says that they posted it, perhaps with the address. The address is checked for its form only, never fetched."""
    url = url.strip()
    if url and not _may_be_a_post(url):
        raise Invalid(_("That is no address of a post. Copy it from your browser; it begins with https://."), field="url")
    if one.confirmed_at is None:
        one.confirmed_at = now or clock.now()
        record("confirmed by hand", "hand_shares", one.id, by=by.id, network=one.network)
    one.url = url or one.url


def deleted(user: User, hand_share_id: uuid.UUID, *, now: datetime | None = None) -> HandShare:
    """The person says that they deleted it there; saying so twice changes nothing. Raises Refusal for what was never shared."""
    one = own(user, hand_share_id)
    if one.confirmed_at is None:
        raise Refusal(_("You have not said that you shared it, so there is nothing to delete."))
    if one.removed_at is None:
        one.removed_at = now or clock.now()
        record("removed by hand", "hand_shares", one.id, by=user.id, network=one.network)
    return one


def _may_be_a_post(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return len(url) <= URL_MAX and parts.scheme == "https" and bool(parts.hostname)
    except ValueError:
        return False
