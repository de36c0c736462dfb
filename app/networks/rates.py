"""How often a network may be called: what it allows, and what it says is left."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.networks.faults import Scope


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `limit` in any `seconds`: of posts, of calls (a post, and two for each of its pictures), or of uploads."""

    limit: int
    seconds: int
    of: Literal["posts", "calls", "uploads"] = "posts"


@dataclass(frozen=True, slots=True)
class Rates:
    """What a network allows: our whole application, all of us at one server, one account, and the pictures of one account."""

    app: tuple[Rate, ...] = ()
    instance: tuple[Rate, ...] = ()
    account: tuple[Rate, ...] = ()
    uploads: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Budget:
    """What a network says is left of one scope until it counts anew."""

    scope: Scope
    left: int
    resets_at: datetime
