"""What the owner of a delivery or an account is told by us, and in which words."""

import uuid
from collections.abc import Iterable

from sqlalchemy import or_, select, union

from app.db import session
from app.editorial import content
from app.editorial.models import Post
from app.notices.sentences import SENTENCES, Sentence
from app.notices.tell import tell, tell_all
from app.notices.words import N_
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, HandShare
from app.sharing.networks import name_of

SENTENCES["delivery_skipped"] = Sentence(
    title=N_("“%(title)s” was not sent to %(network)s: its time had passed."),
    subject=N_("Left out, because it would have been late: %(title)s"),
    body=N_(
        "Your share of “%(title)s” could not leave for %(network)s in time. It would have been late, so we left it out. "
        "Nothing was published. Send it now, or leave it:"
    ),
    icon="clock",
)
SENTENCES["delivery_not_removed"] = Sentence(
    title=N_("“%(title)s” could not be taken back from %(network)s. Please delete it there."),
    subject=N_("Please delete it yourself: %(title)s"),
    body=N_("%(network)s did not let us delete “%(title)s” in your name. Open the post there and delete it yourself.\n\nYour share:"),
    icon="warn",
)
SENTENCES["copy_still_there"] = Sentence(
    title=N_("“%(title)s” was withdrawn, and your copy is still there. Delete it?"),
    subject=N_("Your copy is still there: %(title)s"),
    body=N_(
        "“%(title)s” was withdrawn, and your copy of it can still be read. Please delete it; it is one click. "
        "It is your account, so nobody else can do it for you.\n\nYour copy:"
    ),
    icon="remark",
)


def did_not_go_out(delivery: Delivery) -> None:
    """The network will not take it, or all tries are used up."""
    _tell("delivery_failed", delivery)


def asks_owner(delivery: Delivery) -> None:
    """We could not find out whether it is there."""
    _tell("delivery_unconfirmed", delivery)


def left_out(delivery: Delivery) -> None:
    """Its latest time has passed, or the post was withdrawn."""
    _tell("post_withdrawn" if delivery.problem == "post_withdrawn" else "delivery_skipped", delivery)


def withdrawn(post: Post, reason: str) -> None:
    """Everybody who has it out there, or had planned it, learns why; once each."""
    concerned = or_(Delivery.state.in_(("sending", "published", "unconfirmed")), Delivery.problem == "post_withdrawn")
    shared = select(Delivery.user_id).where(Delivery.post_id == post.id, concerned)
    by_hand = select(HandShare.user_id).where(HandShare.post_id == post.id, HandShare.confirmed_at.is_not(None))
    facts = {"title": content.first_words(content.of(post.content)), "reason": reason}
    tell_all(session.scalars(union(shared, by_hand)), "shared_post_withdrawn", facts=facts, url=_of_post(post))


def reminded(post: Post, user_ids: Iterable[uuid.UUID]) -> int:
    """Those who still have a copy of a withdrawn post are asked once more; returns how many."""
    return tell_all(user_ids, "copy_still_there", facts={"title": content.first_words(content.of(post.content))}, url=_of_post(post))


def _of_post(post: Post) -> str:
    return f"/shares?post={post.id}"


def not_taken_back(delivery: Delivery) -> None:
    """The network did not let us delete it: the person has to."""
    _tell("delivery_not_removed", delivery)


def connected(account: ConnectedAccount) -> None:
    """Somebody has connected an account in this person's name: they should know."""
    tell(account.user_id, "account_connected", facts=_account(account), url="/accounts")


def disconnected(account: ConnectedAccount) -> None:
    """And when it is gone."""
    tell(account.user_id, "account_disconnected", facts=_account(account), url="/accounts", mail=False)


def _account(account: ConnectedAccount) -> dict[str, str]:
    return {"network": name_of(account.network), "account": account.handle}


def _tell(kind: str, delivery: Delivery) -> None:
    title = content.first_words(content.of(delivery.post.content))
    tell(
        delivery.user_id,
        kind,
        facts={"title": title, "network": name_of(delivery.network)},
        url=f"/shares#delivery-{delivery.id}",
    )
