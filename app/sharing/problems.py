"""What went wrong while connecting an account, as a sentence: what happened, and the next step."""

from app.errors import Invalid, Refusal, _
from app.networks.base import Config, NetworkFault, Permanent, RateLimited, Reauth
from app.sharing.networks import name_of


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
