"""The networks of this process, and which of them are switched on."""

import uuid

from sqlalchemy import ScalarSelect, func, select

import config
from app.db import session
from app.errors import Missing, _
from app.networks import registry
from app.networks.base import Network
from app.sharing.account_models import NetworkSwitch

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
    return switches().get(key, key != "practice" or config.settings().development)


def switches() -> dict[str, bool]:
    """What admins have switched on or off, by key: read once per session, which lives as long as one request or one step of a job."""
    known: dict[str, bool] | None = session.info.get("switches")
    return keep_switches(session.scalar(select(all_switched())) if known is None else known)


def all_switched(_user_id: uuid.UUID | None = None) -> ScalarSelect[dict[str, bool] | None]:
    """The same as a part of a larger question."""
    return select(func.jsonb_object_agg(NetworkSwitch.network, NetworkSwitch.enabled)).scalar_subquery()


def keep_switches(found: dict[str, bool] | None) -> dict[str, bool]:
    """Remember what was found for the rest of the session."""
    kept: dict[str, bool] = found or {}
    session.info["switches"] = kept
    return kept


def forget_switches() -> None:
    """One of them has just been turned."""
    session.info.pop("switches", None)
