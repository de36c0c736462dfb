"""Which networks, and which ways to share by hand, an admin has switched on."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

import config
from app.audit import events, sentences
from app.clock import now
from app.db import session
from app.errors import Missing, _
from app.networks import share_links
from app.networks.base import Limits, Network
from app.sharing import holding, networks
from app.sharing.account_models import NetworkSwitch

BY_HAND = "link:"
NAMES = {
    "linkedin": "LinkedIn", "x": "X", "facebook": "Facebook", "whatsapp": "WhatsApp", "threads": "Threads", "bluesky": "Bluesky",
    "mastodon": "Mastodon", "xing": "XING", "email": "E-mail",
}  # fmt: skip
sentences.NETWORKS.update(NAMES | {"email": _("E-mail")})


@dataclass(frozen=True)
class Switch:
    """One line of the admin's page: a network (`network` is set) or a way by hand."""

    key: str
    name: str
    on: bool
    changed_at: datetime | None
    network: Network | None = None

    @property
    def limits(self) -> Limits | None:
        """What it takes, as far as it is known without asking a server."""
        return self.network.limits() if self.network else None


def link_name(key: str) -> str:
    """How people call a way by hand, in the reader's language where it is a word."""
    return str(_("E-mail")) if key == "email" else NAMES.get(key, key)


def enabled(network: str) -> bool:
    """Whether a network is there and switched on; the practice network is off in production until somebody switches it on."""
    return networks.is_on(network)


def enabled_networks() -> list[str]:
    """The keys of all networks that are on, in the order in which they are offered."""
    return [switch.key for switch in all_switches() if switch.network and switch.on]


def link_enabled(key: str) -> bool:
    """Whether people may share by hand this way; on unless switched off."""
    if key not in share_links.KEYS:
        return False
    return networks.switches().get(BY_HAND + key, True)


def enabled_links() -> list[str]:
    """The keys of all ways by hand that are on, in the order in which they are offered."""
    return [key for key in share_links.KEYS if link_enabled(key)]


def all_switches() -> list[Switch]:
    """Every network and every way by hand, one query."""
    rows = {row.network: row for row in session.scalars(select(NetworkSwitch))}
    found = [_switch(key, networks.name_of(key), rows.get(key), network) for key, network in networks.networks().items()]
    return found + [_switch(BY_HAND + key, link_name(key), rows.get(BY_HAND + key)) for key in share_links.KEYS]


def turn(key: str, *, on: bool, by: uuid.UUID) -> Switch:
    """Switch a network or a way by hand on or off. What was held because it was off goes on; nothing is lost either way.

    What is queued is held by the worker that takes it, so switching off is quick however much is planned. Raises Missing.
    """
    found = next((switch for switch in all_switches() if switch.key == key), None)
    if found is None:
        raise Missing(_("There is no such network here."))
    row = {"network": key, "enabled": on, "changed_at": now()}
    session.execute(insert(NetworkSwitch).values(row).on_conflict_do_update(index_elements=["network"], set_=row))
    networks.forget_switches()
    if found.on != on:
        events.record(
            "switched on" if on else "switched off", "networks", None, by=by, network=found.network.name if found.network else found.name
        )
    if on and found.network:
        holding.release_network(key, now=now())
    return found


def _switch(key: str, name: str, row: NetworkSwitch | None, network: Network | None = None) -> Switch:
    default = key != "practice" or config.settings().development
    return Switch(key, name, row.enabled if row else default, row.changed_at if row else None, network)
