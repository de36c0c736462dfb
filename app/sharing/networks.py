"""The networks of this process, and which of them are switched on."""

from sqlalchemy import select

import config
from app.db import session
from app.errors import Missing, _
from app.networks import registry
from app.networks.base import Network
from app.sharing.models import NetworkSwitch

_made: tuple[config.Settings, dict[str, Network]] | None = None


def networks() -> dict[str, Network]:
    """All networks by key, in the order in which they are offered; made once per process and settings."""
    global _made  # noqa: PLW0603 - kept-open connections belong to the process
    settings = config.settings()
    if _made is None or _made[0] is not settings:
        _made = settings, registry.build(settings, version=config.VERSION)
    return _made[1]


def network(key: str) -> Network:
    """One network; raises Missing when there is no such."""
    found = networks().get(key)
    if found is None:
        raise Missing(_("There is no such network here."))
    return found


def name_of(key: str) -> str:
    """How people call a network, in the reader's language where it is a word; also one that is not offered any more."""
    if key == "practice":
        return str(_("Practice network"))
    found = networks().get(key)
    return found.name if found else key.capitalize()


def is_on(key: str) -> bool:
    """Whether the network is there and switched on: by an admin, else by default (the practice network only while developing)."""
    if key not in networks():
        return False
    switch = switches().get(key)
    if switch is None:
        return key != "practice" or config.settings().development
    return switch.enabled


def switches() -> dict[str, NetworkSwitch]:
    """What admins have switched, by key: read once per session, which lives as long as one request or one step of a job."""
    known: dict[str, NetworkSwitch] | None = session.info.get("switches")
    if known is None:
        known = session.info["switches"] = {row.network: row for row in session.scalars(select(NetworkSwitch))}
    return known


def forget_switches() -> None:
    """One of them has just been turned."""
    session.info.pop("switches", None)
