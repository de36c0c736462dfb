"""What tests of sharing start from: a practice network, accounts on it, posts with a link, shares."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import requests

import config
from app.clock import now
from app.db import session, transaction
from app.editorial.models import Post, Variant
from app.networks.base import AppCredentials, TokenSet
from app.people.models import User
from app.practice import server
from app.sharing import accounts, dispatching, shares
from app.sharing.models import ConnectedAccount, Delivery, NetworkApp, Share
from app.sharing.networks import network
from tests import rows

TARGET = "https://example.com/cold-seals?from=winter"


@contextmanager
def practice_network(**options: Any) -> Iterator[server.Running]:
    """A running practice network, known to the product's settings for as long as the block lasts."""
    before = config.settings()
    with server.start(rate_limit=0, **options) as running:
        host = running.url.removeprefix("http://")
        config.use(replace(before, practice_url=running.url, allowed_private_hosts=frozenset({host}), undo_seconds=0))
        try:
            yield running
        finally:
            config.use(before)


class Control:
    """The practice network from behind: switch faults, see what really exists."""

    def __init__(self, running: server.Running) -> None:
        self.url = f"{running.url}/_practice"
        self.headers = {"Authorization": f"Bearer {running.control_token}"}

    def fault(self, kind: str, **facts: Any) -> None:
        """Let a fault wait for its request."""
        self._ask("PUT", "/faults", json={"kind": kind, **facts})

    def well_again(self) -> None:
        """No fault waits any more."""
        self._ask("DELETE", "/faults")

    def statuses(self) -> list[dict[str, Any]]:
        """What really exists."""
        found: list[dict[str, Any]] = self._ask("GET", "/statuses")
        return found

    def creates(self) -> int:
        """How many create requests have arrived."""
        return len(self._ask("GET", "/requests?method=POST&path=/api/v1/statuses"))

    def account(self, name: str) -> dict[str, Any]:
        """An account with a token, without the walk through the login."""
        made: dict[str, Any] = self._ask("POST", "/accounts", json={"name": name})
        return made

    def _ask(self, method: str, path: str, **options: Any) -> Any:
        answer = requests.request(method, self.url + path, headers=self.headers, timeout=10, **options)
        answer.raise_for_status()
        return answer.json()


def account(user: User, control: Control, name: str = "", **more: Any) -> ConnectedAccount:
    """A connected account of this person on the practice network."""
    made = control.account(name or f"{user.name.lower()}{uuid.uuid4().hex[:6]}")
    host = config.settings().practice_url.removeprefix("http://")
    tokens = TokenSet(
        access_token=made["access_token"],
        refresh_token=made.get("refresh_token"),
        expires_at=now() + timedelta(seconds=made["expires_in"]) if made.get("expires_in") else None,
        scopes=tuple(made["scope"].split()),
    )
    app = AppCredentials(made["client_id"], made["client_secret"], host, "http://127.0.0.1/", tokens.scopes)
    session.add(
        NetworkApp(network="practice", host=host, redirect_uri=uuid.uuid4().hex, scopes=made["scope"], credentials=app.as_json())
    )
    row = ConnectedAccount(
        user_id=user.id,
        network="practice",
        host=host,
        remote_id=made["id"],
        handle=f"@{made['username']}@{host}",
        name=user.name,
        tokens=tokens.as_json(),
        expires_at=tokens.expires_at,
        **more,
    )
    session.add(row)
    session.flush()
    accounts.keep_limits(row, network("practice").limits(None))
    return row


def plain_account(user: User, **more: Any) -> ConnectedAccount:
    """A connected account on a network that nobody calls."""
    facts = {"network": "mastodon", "host": "social.example", "handle": f"@{user.name.lower()}@social.example"} | more
    tokens = TokenSet(access_token="a token").as_json()
    row = ConnectedAccount(user_id=user.id, remote_id=uuid.uuid4().hex[:12], name=user.name, tokens=tokens, **facts)
    session.add(row)
    session.flush()
    return row


def post(*wordings: str, link: bool = True, **more: Any) -> Post:
    """A post that can be shared now, in English, with more wordings."""
    body = more | {"link": {"url": TARGET, "title": "Cold seals", "description": "", "media_id": None} if link else None}
    made = rows.post(rows.edda(), rows.ravi(), **body)
    for position, text in enumerate(wordings, 1):
        session.add(Variant(post_id=made.id, language="en", position=position, text=text))
    session.flush()
    session.refresh(made, ["variants"])
    return made


def share(user: User, on: Post, *chosen: ConnectedAccount, click: str = "", **more: Any) -> Share:
    """One click."""
    return shares.share(user, on, accounts=chosen, click=click or uuid.uuid4().hex, language="en", **more)


def deliveries(made: Share) -> list[Delivery]:
    """The deliveries of a share."""
    session.expire_all()
    return list(session.get_one(Share, made.id).deliveries)


def delivery(made: Share) -> Delivery:
    """The one delivery of a share."""
    [found] = deliveries(made)
    return found


def shared(control: Control, *, count: int = 1) -> list[uuid.UUID]:
    """`count` people have clicked on one post each; committed. Returns the deliveries' ids."""
    with transaction():
        made = []
        for number in range(count):
            emil = rows.person(f"Emil {number}")
            made.append(share(emil, post(), account(emil, control)))
        return [one.id for each in made for one in each.deliveries]


def look(delivery_id: uuid.UUID) -> Delivery:
    """A delivery as it is now, with what tests ask of it."""
    session.remove()
    found = session.get_one(Delivery, delivery_id)
    _ = found.attempts, found.account, found.link
    return found


def run_until(moment: datetime) -> None:
    """Pretend that it is later: what is due by then is due now; then work until nothing is due."""
    with transaction():
        for row in session.query(Delivery).filter(Delivery.due_at <= moment):
            row.due_at = min(row.due_at, now())
    dispatching.run()


def later(**time: float) -> datetime:
    """A moment from now."""
    return now() + timedelta(**time)
