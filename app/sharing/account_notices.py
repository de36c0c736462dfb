"""What the owner of a connected account is told when it cannot be used, and exactly what to do: once per account, not once per delivery."""

from app.notices.sentences import SENTENCES, Sentence
from app.notices.tell import tell
from app.notices.words import N_
from app.sharing.account_models import ConnectedAccount
from app.sharing.networks import name_of

SENTENCES["reconnect_lost"] = Sentence(
    title=N_("The connection to %(account)s on %(network)s broke off. Please connect it again."),
    subject=N_("Please connect %(network)s again"),
    body=N_(
        "From time to time we have to renew our access to %(account)s at %(network)s. This time its answer got lost on the way, so that "
        "we have no access any more. You did nothing wrong, and what you had planned there waits; nothing is lost.\n\n"
        "Open the page below, choose “Connect again” beside %(account)s, sign in at %(network)s and say yes there. "
        "Then what waits goes on by itself.\n\nConnect again:"
    ),
    icon="accounts",
)
SENTENCES["reconnect_permission"] = Sentence(
    title=N_("A permission is missing for %(account)s on %(network)s. Please connect it again."),
    subject=N_("A permission is missing at %(network)s"),
    body=N_(
        "%(network)s does not let us publish in %(account)s: a permission is missing. What you had planned there waits; nothing is "
        "lost.\n\nOpen the page below, choose “Connect again” beside %(account)s, sign in at %(network)s and leave every permission "
        "ticked.\n\nConnect again:"
    ),
    icon="accounts",
)
SENTENCES["reconnect_blocked"] = Sentence(
    title=N_("%(network)s has restricted %(account)s. Please look there, then connect it again."),
    subject=N_("%(network)s has restricted your account"),
    body=N_(
        "%(network)s has restricted %(account)s or asks you to confirm something. What you had planned there waits; nothing is lost.\n\n"
        "Sign in at %(network)s first and follow what it says there. Then open the page below and choose “Connect again” beside "
        "%(account)s.\n\nConnect again:"
    ),
    icon="accounts",
)
SENTENCES["account_ends"] = Sentence(
    title=N_("The connection to %(account)s on %(network)s ends before your next share. Please renew it."),
    subject=N_("Please renew your connection to %(network)s"),
    body=N_(
        "Our access to %(account)s at %(network)s ends soon, before what you have planned there can leave, and only you can renew it.\n\n"
        "Open the page below, choose “Connect again” under “Renew or disconnect”, sign in at %(network)s and say yes there. It takes a "
        "minute; your planned shares stay as they are.\n\nRenew it:"
    ),
    icon="accounts",
)
SENTENCES["account_key_lost"] = Sentence(
    title=N_("What you planned for %(account)s on %(network)s waits: our side is not set up correctly."),
    subject=N_("Your shares on %(network)s wait"),
    body=N_(
        "We cannot open our stored access to %(account)s at %(network)s: a key of this installation is missing. Your admins have been "
        "told. What you had planned there waits and goes on once the key is back.\n\n"
        "If you do not want to wait: open the page below and choose “Connect again” under “Renew or disconnect”.\n\nYour accounts:"
    ),
    icon="accounts",
)
KINDS = {"refresh_lost": "reconnect_lost", "scope_missing": "reconnect_permission", "account_blocked": "reconnect_blocked"}


def needs_reconnecting(account: ConnectedAccount, *, mail: bool = True) -> None:
    """Only its owner can mend it. Without a mail where one has asked for the same already."""
    _tell(KINDS.get(account.problem or "", "reconnect_needed"), account, mail=mail)


def will_end(account: ConnectedAccount) -> None:
    """It can still be renewed in time."""
    _tell("account_ends", account)


def without_key(account: ConnectedAccount) -> None:
    """Our side has to be mended; the owner may connect again instead."""
    _tell("account_key_lost", account)


def _tell(kind: str, account: ConnectedAccount, *, mail: bool = True) -> None:
    facts = {"network": name_of(account.network), "account": account.handle}
    tell(account.user_id, kind, facts=facts, url="/accounts", mail=mail)
