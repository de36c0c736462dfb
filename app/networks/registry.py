"""Which networks there are. A new one is its file and one line in `build`."""

from typing import Protocol

from app.networks.base import Network
from app.networks.http import Rules
from app.networks.mastodon import Mastodon
from app.networks.practice import Practice


class NetworkSettings(Protocol):
    """The settings that networks need."""

    @property
    def base_url(self) -> str: ...
    @property
    def company(self) -> str: ...
    @property
    def practice_url(self) -> str: ...
    @property
    def practice_rates(self) -> tuple[tuple[str, int, int], ...]: ...
    @property
    def allowed_private_hosts(self) -> frozenset[str]: ...


def build(settings: NetworkSettings, *, version: str) -> dict[str, Network]:
    """All networks by key, in the order in which they are offered. Call it once in each process, after a fork."""
    rules = web_rules(settings, version=version)
    about = {"client_name": f"{settings.company} · Outspoken"[:60], "website": settings.base_url}
    networks: list[Network] = [Mastodon(rules, **about)]
    if settings.practice_url:
        networks.append(Practice(rules, base_url=settings.practice_url, rates=settings.practice_rates, **about))
    return {network.key: network for network in networks}


def web_rules(settings: NetworkSettings, *, version: str) -> Rules:
    """The rules of every session, for networks and for link previews."""
    hosts = frozenset(host.lower() for host in settings.allowed_private_hosts)
    return Rules(user_agent=f"Outspoken/{version} (+{settings.base_url})", allowed_private_hosts=hosts)
