"""What the owner of a delivery or an account is told by us, and in which words."""

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
        "Your share of “%(title)s” could not leave for %(network)s in time. Late posts look odd, so we left it out. "
        "Nothing was published; you can share it again if you still want to.\n\nYour shares:"
    ),
    icon="clock",
)
SENTENCES["delivery_not_removed"] = Sentence(
    title=N_("“%(title)s” could not be taken back from %(network)s. Please delete it there."),
    subject=N_("Please delete it yourself: %(title)s"),
    body=N_("%(network)s did not let us delete “%(title)s” in your name. Open the post there and delete it yourself.\n\nYour share:"),
    icon="warn",
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
    tell_all(session.scalars(union(shared, by_hand)), "shared_post_withdrawn", facts=facts, url="/shares")


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
