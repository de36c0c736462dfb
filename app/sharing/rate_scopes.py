"""Whom a network's limits mean: our application, all of us at one server, one account, the pictures of one account.

A scope has a key, which is the same in Redis and in PostgreSQL: "user:mastodon:social.example:<account's id>".
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from app.networks.base import Rate, Rates
from app.networks.faults import Scope
from app.sharing.networks import networks


@dataclass(frozen=True, slots=True)
class Ask:
    """One planned create request: the delivery's id, the same whenever it asks again. `pictures`: how many it has yet to upload."""

    id: uuid.UUID
    network: str
    host: str
    account_id: uuid.UUID
    pictures: int = 0


def key(ask: Ask, scope: Scope) -> str:
    """The key of one of the ask's scopes."""
    if scope == "app":
        return f"app:{ask.network}"
    if scope == "instance":
        return f"instance:{ask.network}:{ask.host}"
    return f"{scope}:{ask.network}:{ask.host}:{ask.account_id}"


def scopes(ask: Ask) -> Iterator[str]:
    """The keys of all scopes that an ask needs a place in, the narrowest first."""
    if ask.pictures:
        yield key(ask, "uploads")
    yield key(ask, "user")
    yield key(ask, "instance")
    yield key(ask, "app")


def parts(text: str) -> tuple[str, str, str, str]:
    """A key, taken apart: scope, network, host (which may carry a port) and account, "" where the scope has none."""
    scope, network, *rest = text.split(":", 2)
    place = rest[0] if rest else ""
    if scope in ("app", "instance"):
        return scope, network, place, ""
    host, _, account = place.rpartition(":")
    return scope, network, host, account


def rates(scope: str, network: str, host: str) -> tuple[Rate, ...]:
    """What a network allows to a scope; nothing is counted of a network that is not offered any more."""
    found = networks().get(network)
    allowed = found.rates(host) if found else Rates()
    by_scope = {"app": allowed.app, "instance": allowed.instance, "user": allowed.account, "uploads": allowed.uploads}
    return by_scope[scope]


def longest_window() -> int:
    """The seconds of the longest window of any network."""
    every = (network.rates() for network in networks().values())
    return max((rate.seconds for one in every for rate in (*one.app, *one.instance, *one.account, *one.uploads)), default=0)


def cost(rate: Rate, pictures: int) -> int:
    """How many places of a rate one ask takes."""
    return {"posts": 1, "calls": 1 + 2 * pictures, "uploads": pictures}[rate.of]
