"""What the owner of a planned share is told when it may not go out, and what to do while there is time."""

from app.editorial import content
from app.notices.sentences import SENTENCES, Sentence
from app.notices.tell import tell
from app.notices.words import N_
from app.sharing.models import Delivery
from app.sharing.networks import name_of

SENTENCES["share_at_risk_network_off"] = Sentence(
    title=N_("“%(title)s” cannot go out to %(network)s as planned: the network is switched off here."),
    subject=N_("Cannot go out as planned: %(title)s"),
    body=N_(
        "Your share of “%(title)s” is due soon, but %(network)s is switched off here at the moment. Nothing is lost: it waits, and leaves "
        "when an admin switches the network on again in time; else it is left out, and you hear of it.\n\nYour shares:"
    ),
    icon="warn",
)
SENTENCES["share_at_risk_window_ends"] = Sentence(
    title=N_("“%(title)s” will not go out to %(network)s: the time in which the post may be shared ends before."),
    subject=N_("Will not go out as planned: %(title)s"),
    body=N_(
        "Your share of “%(title)s” on %(network)s is planned for a time at which the post may not be shared any more. It will be left "
        "out.\n\nIf you still want it to go out, cancel it on the page below and share the post again now.\n\nYour shares:"
    ),
    icon="warn",
)
SENTENCES["share_at_risk_too_long"] = Sentence(
    title=N_("“%(title)s” will not go out to %(network)s: it has become too long for it."),
    subject=N_("Too long by now: %(title)s"),
    body=N_(
        "%(network)s takes less text than when you planned your share of “%(title)s”, so it would be refused.\n\nCancel it on the page "
        "below and share the post again with fewer words of your own.\n\nYour shares:"
    ),
    icon="warn",
)
SENTENCES["share_at_risk_disclosure_missing"] = Sentence(
    title=N_("“%(title)s” no longer says where you work as it should. Please share it again."),
    subject=N_("Please share it again: %(title)s"),
    body=N_(
        "Every share says where you work, and those words have changed since you planned “%(title)s” for %(network)s. It would go out with "
        "the old ones.\n\nCancel it on the page below and share the post again; the right words are put in by themselves.\n\nYour shares:"
    ),
    icon="warn",
)


def tell_owner(delivery: Delivery, code: str) -> None:
    """One notice and one mail for one finding of one delivery."""
    facts = {"title": content.first_words(content.of(delivery.post.content)), "network": name_of(delivery.network)}
    tell(delivery.user_id, f"share_at_risk_{code}", facts=facts, url=f"/shares#delivery-{delivery.id}")
