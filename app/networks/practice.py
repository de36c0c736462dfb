"""The practice network: our own small server that speaks Mastodon's API, for the demo, for training and for tests."""

from collections.abc import Iterable
from dataclasses import replace
from urllib.parse import urlsplit

from app.networks.base import Capabilities, Rate, Rates
from app.networks.faults import Config
from app.networks.http import Rules
from app.networks.mastodon import Mastodon
from app.networks.mastodon_api import Api


class Practice(Mastodon):
    """One fixed server at `base_url`, which may speak http on a private address because the operator has named it.

    `rates` are what the operator has told that server to allow: scope ("account", "instance", "app"), calls, seconds.
    """

    key = "practice"
    name = "Practice network"

    def __init__(self, rules: Rules, *, base_url: str, client_name: str, website: str, rates: Iterable[tuple[str, int, int]] = ()) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
            raise Config("practice_url")
        self._host = parts.netloc.lower()
        self._rates = _rates(rates)
        self._base_url = f"{parts.scheme}://{self._host}"
        named = rules.allowed_private_hosts | {self._host}
        super().__init__(replace(rules, allowed_private_hosts=named), client_name=client_name, website=website)

    def capabilities(self) -> Capabilities:
        return replace(super().capabilities(), share_intent=False, asks_server=False, refresh_rotates=True)

    def rates(self, host: str = "") -> Rates:
        del host
        return self._rates

    def server_for(self, hint: str) -> str:
        del hint
        return self._host

    def _base(self, host: str) -> str:
        if host != self._host:
            raise Config("practice_host", host)
        return self._base_url

    def _counts_alike(self, api: Api) -> bool:
        del api
        return True


def _rates(given: Iterable[tuple[str, int, int]]) -> Rates:
    named: dict[str, tuple[Rate, ...]] = {}
    for scope, limit, seconds in given:
        named[scope] = (*named.get(scope, ()), Rate(limit, seconds, "calls"))
    return Rates(**named)
