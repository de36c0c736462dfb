"""What can go wrong with a network, sorted by consequence: the class says what to do, the code says why.

A fault carries no sentence for people (those are made where they are shown) and no secret: `detail` is short, printable, and
safe to store.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Literal

DETAIL_MAX = 200

# Whom a limit means: all of our application, all of us at one server, one account, or the pictures that one account uploads.
Scope = Literal["app", "instance", "user", "uploads"]


class NetworkFault(Exception):
    """Something between us and a network did not work; `code` is stable, `detail` is for the record."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = safe_detail(detail)

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


class Permanent(NetworkFault):
    """This payload will never be accepted; `used` and `limit` are set when it is too much of something."""

    def __init__(self, code: str, detail: str = "", *, used: int | None = None, limit: int | None = None) -> None:
        super().__init__(code, detail)
        self.used = used
        self.limit = limit


class Retryable(NetworkFault):
    """Nothing was created; the same may be tried again, not before `after` seconds when that is set."""

    def __init__(self, code: str, detail: str = "", *, after: float | None = None) -> None:
        super().__init__(code, detail)
        self.after = after


class RateLimited(NetworkFault):
    """Nothing was created; all of `scope` has to wait until `until` (aware, UTC). It does not use up a try.

    `said`: the network has named the moment; else it is our guess, and the wait grows while the network goes on refusing.
    """

    def __init__(self, until: datetime, scope: Scope, detail: str = "", *, said: bool = True) -> None:
        super().__init__("rate_limited", detail)
        self.until = until
        self.scope = scope
        self.said = said


class Reauth(NetworkFault):
    """Nothing was created; only the owner can mend it, by connecting the account again."""


class Duplicate(NetworkFault):
    """The network says that it has this text already; `existing_id` is the post it names, if it names one."""

    def __init__(self, code: str, detail: str = "", *, existing_id: str | None = None) -> None:
        super().__init__(code, detail)
        self.existing_id = existing_id


class Ambiguous(NetworkFault):
    """The create request was sent and no answer proves what became of it: never repeat, find out."""


class AccountBlocked(NetworkFault):
    """The network has suspended or restricted the account; its owner must go there. `detail` is the network's own text."""


class Config(NetworkFault):
    """Our side is set up wrongly (application unknown, product not approved): the admin must act, nobody's post can leave."""


def safe_detail(text: str, secrets: Iterable[str] = ()) -> str:
    """The text on one line, printable, at most DETAIL_MAX characters, with every given secret blotted out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "[removed]")
    line = " ".join(text.split())
    return "".join(char for char in line if char.isprintable())[:DETAIL_MAX]
