"""The home page: up to five approved posts for one person, picked by the topics that they follow."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import joinedload, selectinload

import config
from app import clock
from app.db import session
from app.editorial import content
from app.editorial.disclosures import disclosure
from app.editorial.models import Post
from app.errors import Missing, Refusal, _
from app.networks.base import Parts, TextCount, compose
from app.people.models import User
from app.sharing import accounts as account_rows
from app.sharing import newest, shares, variants
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.compositions import Composition
from app.sharing.models import Delivery, DeliveryState, HandShare, PutAside
from app.sharing.networks import is_on

LATER = timedelta(hours=18)
WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Card:
    """One post as it will appear under the person's name. Without a usable account `account` and `composition` are empty."""

    post: Post
    language: str
    why: str
    click: str
    text: str
    disclosure: str
    accounts: list[ConnectedAccount]
    account: ConnectedAccount | None
    composition: Composition | None
    problem: str = ""


def cards(user: User, *, now: datetime | None = None) -> list[Card]:
    """Up to five posts that can be shared now and that the person has neither shared nor put aside, newest first."""
    present = now or clock.now()
    usable, posts = usable_accounts(user), newest.posts(user, now=present)
    used = variants.last_uses([post.id for post in posts], usable[0].network) if usable and posts else {}
    return [card(user, post, usable, used=used.get(post.id, {})) for post in posts]


def usable_accounts(user: User) -> list[ConnectedAccount]:
    """The person's accounts that can be shared to, those of the one click first."""
    found = [one for one in account_rows.of(user) if one.state == AccountState.CONNECTED and is_on(one.network)]
    return sorted(found, key=lambda one: not one.is_default)


def card(
    user: User,
    post: Post,
    usable: Sequence[ConnectedAccount],
    *,
    click: str = "",
    language: str = "",
    used: variants.Uses | None = None,
) -> Card:
    """The card of one post, in that language where the post has it, else in the person's, else in its own."""
    spoken = _language(user, post, language)
    said = content.of(post.content)
    click = click or uuid.uuid4().hex
    chosen = [one for one in usable if one.is_default] or list(usable[:1])
    account = chosen[0] if chosen else None
    composition, problem = _composed(user, post, account, click=click, language=spoken, used=used)
    text = composition.text if composition else plain_text(user, post, spoken)
    network = account.network if account else None
    return Card(
        post=post,
        language=spoken,
        why=said["why"].get(spoken) or said["why"].get(said["language"], ""),
        click=click,
        text=text,
        disclosure=disclosure(spoken, network, config.settings().company),
        accounts=chosen,
        account=account,
        composition=composition,
        problem=problem,
    )


def _language(user: User, post: Post, wanted: str) -> str:
    offered = variants.languages(post)
    return next((one for one in (wanted, user.locale) if one in offered), offered[0] if offered else user.locale)


def _composed(
    user: User, post: Post, account: ConnectedAccount | None, *, click: str, language: str, used: variants.Uses | None
) -> tuple[Composition | None, str]:
    """The text for the first account, or why there is none."""
    if account is None:
        return None, ""
    try:
        turn = variants.choose(post, language=language, network=account.network, user_id=user.id, used=used)
        return shares.preview(user, post, account, click=click, language=language, variant_id=turn.id), ""
    except Refusal as refused:
        return None, str(refused.message)


def plain_text(user: User, post: Post, language: str) -> str:
    """The text as it would be shared by hand, with the page's own address."""
    said = content.of(post.content)
    link = said["link"]["url"] if said["link"] else ""
    turn = variants.choose(post, language=language, network="", user_id=user.id, used={})
    words = disclosure(language, None, config.settings().company)
    parts = Parts(disclosure=words, approved=turn.text, link=link, original_link=link)
    return compose(parts, lambda text: TextCount(len(text), len(text), 0))


def find(post_id: uuid.UUID) -> Post:
    """A post with all that a page shows of it; raises Missing."""
    shown = (joinedload(Post.author), joinedload(Post.topic), selectinload(Post.variants))
    post = session.scalars(select(Post).where(Post.id == post_id).options(*shown)).one_or_none()
    if post is None:
        raise Missing(_("There is no such post, or it was taken back."))
    return post


def find_live(post_id: uuid.UUID) -> Post:
    """The same, for pages that show its text again; raises Missing for one that was taken back."""
    post = find(post_id)
    if post.state != "live":
        raise Missing(_("There is no such post, or it was taken back."))
    return post


def put_aside(user: User, post: Post, *, until: datetime | None) -> None:
    """Leave a post out of this person's home page: until a time, or for good."""
    values = {"user_id": user.id, "post_id": post.id, "until": until}
    statement = insert(PutAside).values(values)
    session.execute(statement.on_conflict_do_update(index_elements=["user_id", "post_id"], set_={"until": until}))


def shares_this_week(user_id: uuid.UUID) -> ScalarSelect[int]:
    """How often this person has shared in the last seven days, as a part of a larger question; only they see it.

    What is out there counts, by an account or by hand: nothing that is only planned, and nothing that was taken back.
    """
    since = func.now() - WEEK
    out = select(Delivery.share_id.label("share")).where(
        Delivery.user_id == user_id, Delivery.state == DeliveryState.PUBLISHED.value, Delivery.published_at >= since
    )
    by_hand = select(HandShare.id).where(HandShare.user_id == user_id, HandShare.confirmed_at >= since, HandShare.removed_at.is_(None))
    return select(func.count()).select_from(out.union(by_hand).subquery()).scalar_subquery()
