"""What went wrong, as a sentence for the person whose account or share it is: what happened, and the next step."""

from flask_babel import LazyString

from app.errors import Invalid, Refusal, _
from app.networks.base import Config, NetworkFault, Permanent, RateLimited, Reauth
from app.sharing.models import Delivery
from app.sharing.networks import name_of

_SENTENCES = {
    "too_late": _("It could not leave in time, so it was left out. Share it again if you still want to."),
    "post_withdrawn": _("The post was taken back before this left."),
    "person_left": _("Stopped, because your access has ended."),
    "account_disconnected": _("You have disconnected this account."),
    "network_off": _("This network is switched off at the moment. Your share waits, and leaves once it is on again."),
    "network_setup": _("This network is not set up correctly here. An admin has to mend it; your share waits."),
    "token_invalid": _("The network does not accept our connection any more. Connect the account again, and this goes on."),
    "grant_rejected": _("The network does not accept our connection any more. Connect the account again, and this goes on."),
    "scope_missing": _("We lack a permission there. Connect the account again and leave every permission ticked."),
    "account_blocked": _("The network has restricted your account. Open the network and see what it says, then connect again."),
    "too_long": _("The text is longer than this network takes. Share it again with fewer words of your own."),
    "rejected": _("The network did not take it."),
    "rate_limited": _("The network asks for a pause; we wait as long as it says."),
    "unreachable": _("The network cannot be reached; we try again by ourselves."),
    "duplicate": _("The network says that this text is on your profile already."),
    "left_by_owner": _("You chose to leave it."),
    "interrupted": _("We were interrupted while sending, and are finding out whether it is there."),
    "gone_at_network": _("It was deleted on the network."),
    "media_rejected": _("The network did not take one of the pictures."),
    "still_there": _("The network has not deleted it yet; we try again."),
}


def sentence(delivery: Delivery) -> LazyString | str:
    """Why a delivery waits or did not go out; "" when nothing is wrong."""
    if not delivery.problem:
        return ""
    known = _SENTENCES.get(delivery.problem)
    return known or _("Something went wrong on the way to the network (%(code)s).", code=delivery.problem)


def refusal(fault: NetworkFault, network_key: str, *, field: str | None = None) -> Refusal:
    """What went wrong at the network, as a sentence for the person."""
    name = name_of(network_key)
    if isinstance(fault, Permanent):
        return Invalid(_("We cannot reach a server by that name. Write it as in your profile, like mastodon.social."), field=field)
    if isinstance(fault, RateLimited):
        return Refusal(_("%(network)s asks for a pause. Try again in a few minutes.", network=name))
    if isinstance(fault, Reauth) and fault.code == "scope_missing":
        words = _("%(network)s did not allow all that is needed. Connect again and leave every permission ticked.", network=name)
        return Refusal(words)
    if isinstance(fault, Reauth):
        words = _("You did not give permission at %(network)s, so nothing was connected. Connect again whenever you like.", network=name)
        return Refusal(words)
    if isinstance(fault, Config):
        return Refusal(_("%(network)s is not set up correctly here. Please tell your admin.", network=name))
    return Refusal(_("%(network)s does not answer at the moment. Nothing was connected; try again in a few minutes.", network=name))
