"""Whom a network's limits mean: our application, all of us at one server, one account, the pictures of one account.

A scope has a key, which is the same in Redis and in PostgreSQL: "user:mastodon:social.example:<account's id>".
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

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
    return key_of(scope, ask.network, ask.host, ask.account_id)


def key_of(scope: str, network: str, host: str, account_id: uuid.UUID | None) -> str:
    """The key of a scope; a wide one asks for neither account nor host."""
    if scope == "app":
        return f"app:{network}"
    if scope == "instance":
        return f"instance:{network}:{host}"
    return f"{scope}:{network}:{host}:{account_id}"


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
    return allowed(network, host)[scope]


def allowed(network: str, host: str) -> dict[str, tuple[Rate, ...]]:
    """What a network allows, by scope."""
    found = networks().get(network)
    named = found.rates(host) if found else Rates()
    return {"app": named.app, "instance": named.instance, "user": named.account, "uploads": named.uploads}


def cost(rate: Rate, pictures: Any) -> Any:
    """How many places of a rate one ask takes; of a number, or of a column."""
    return {"posts": 1, "calls": 1 + 2 * pictures, "uploads": pictures}[rate.of]
