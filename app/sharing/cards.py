"""What the accounts page shows: each network, whose account is connected there, and what it lets us do, in plain words."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask_babel import LazyString

from app.clock import now
from app.errors import _
from app.people.models import User
from app.sharing import accounts, switches
from app.sharing.account_models import AccountState, ConnectedAccount

_STILL_NEW = timedelta(minutes=10)

# Broad scopes cover the narrow ones; each sentence is said once.
_PERMISSIONS = (
    (("write", "write:statuses"), _("Publish what you share, and delete it when you take it back")),
    (("write", "write:media"), _("Attach the pictures")),
    (("read", "read:statuses"), _("Look at your own posts, to see whether a share has arrived and what came of it")),
    (("read", "profile", "read:accounts"), _("See your name and your handle there")),
)


@dataclass(frozen=True)
class Card:
    """One network on the page; `asks_server` says that the person has to name a server."""

    key: str
    name: str
    on: bool
    asks_server: bool
    accounts: list[ConnectedAccount] = field(default_factory=list)


def cards(user: User) -> list[Card]:
    """The networks that can be connected, the practice network first; one that is off is shown while an account is connected there."""
    mine = accounts.of(user)
    found = []
    for switch in switches.all_switches():
        where = switch.network
        if where is None or not where.capabilities().personal_publish:
            continue
        here = [account for account in mine if account.network == switch.key]
        if switch.on or here:
            found.append(Card(switch.key, switch.name, switch.on, where.capabilities().asks_server, here))
    return sorted(found, key=lambda card: card.key != "practice")


def permissions(account: ConnectedAccount) -> list[LazyString]:
    """What the network lets us do with this account."""
    granted = set(account.scopes.split())
    return [words for scopes, words in _PERMISSIONS if granted.intersection(scopes)]


def is_new(account: ConnectedAccount) -> bool:
    """Whether the person has just connected it and nothing stands against sharing, so that this is what comes next."""
    return account.state == AccountState.CONNECTED and not account.problem and now() - account.connected_at < _STILL_NEW


def ends_at(account: ConnectedAccount) -> datetime | None:
    """When the permission ends by itself; None when it lasts until the person disconnects (because it never ends, or is renewed)."""
    renewed = bool(account.tokens and account.tokens.get("refresh_token"))
    return None if renewed else account.expires_at
