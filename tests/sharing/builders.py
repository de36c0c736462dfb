"""What tests of sharing start from: a practice network, accounts on it, posts with a link, shares."""

import hashlib
import io
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import redis
import requests
from PIL import Image
from sqlalchemy import TextClause, event, func, select, text

import config
from app import nudges
from app.clock import now
from app.db import session, transaction
from app.editorial.media_models import Media, MediaFile
from app.editorial.models import Post, Variant
from app.networks.base import AppCredentials, Grant, Identity, TokenSet
from app.notices.models import Mail, Notice
from app.people.models import User
from app.practice import server
from app.sharing import (
    accounts,
    connections,
    dispatching,
    fan_out,
    leasing,
    looking_after,
    orders,
    outcomes,
    planned_shares,
    sending,
    shares,
)
from app.sharing import pace as pacing
from app.sharing.account_models import ConnectedAccount, NetworkApp
from app.sharing.leasing import Leased
from app.sharing.models import Delivery, Share
from app.sharing.networks import network
from app.sharing.orders import Order
from app.sharing.stop_models import RatePause
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

    def waiting(self) -> list[dict[str, Any]]:
        """The faults whose request has not come yet."""
        found: list[dict[str, Any]] = self._ask("GET", "/faults")
        return found

    def statuses(self) -> list[dict[str, Any]]:
        """What really exists."""
        found: list[dict[str, Any]] = self._ask("GET", "/statuses")
        return found

    def creates(self) -> int:
        """How many create requests have arrived."""
        return len(self.requests("POST", "/api/v1/statuses"))

    def requests(self, method: str, path: str) -> list[dict[str, Any]]:
        """The requests that have arrived."""
        found: list[dict[str, Any]] = self._ask("GET", f"/requests?method={method}&path={path}")
        return found

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
    row = connected(user, made, **more)
    session.add_all([registered(made), row])
    session.flush()
    return row


def registered(made: dict[str, Any]) -> NetworkApp:
    """Our application at the practice network, to which this account has given its tokens."""
    host, scopes = _practice_host(), made["scope"]
    app = AppCredentials(made["client_id"], made["client_secret"], host, "http://127.0.0.1/", tuple(scopes.split()))
    return NetworkApp(network="practice", host=host, redirect_uri=uuid.uuid4().hex, scopes=scopes, credentials=app.as_json())


def connected(user: User, made: dict[str, Any], **more: Any) -> ConnectedAccount:
    """The row of an account that the practice network has made."""
    host, tokens = _practice_host(), _tokens(made)
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
    accounts.keep_limits(row, network("practice").limits(None))
    return row


def connect_again(user: User, row: ConnectedAccount, made: dict[str, Any]) -> None:
    """The same account at the practice network comes back with new tokens."""
    tokens = _tokens(made)
    who = Identity(row.host, row.remote_id, row.handle, row.name)
    connections.connect(user, row.network, Grant(who, tokens, tokens.scopes))


def _tokens(made: dict[str, Any]) -> TokenSet:
    """What the practice network has given us for an account."""
    return TokenSet(
        access_token=made["access_token"],
        refresh_token=made.get("refresh_token"),
        expires_at=now() + timedelta(seconds=made["expires_in"]) if made.get("expires_in") else None,
        scopes=tuple(made["scope"].split()),
    )


def _practice_host() -> str:
    return urlsplit(config.settings().practice_url).netloc


def plain_account(user: User, **more: Any) -> ConnectedAccount:
    """A connected account on a network that nobody calls."""
    facts = {"network": "mastodon", "host": "social.example", "handle": f"@{user.name.lower()}@social.example"} | more
    tokens = TokenSet(access_token="a token").as_json()
    row = ConnectedAccount(user_id=user.id, remote_id=uuid.uuid4().hex[:12], name=user.name, tokens=tokens, **facts)
    session.add(row)
    session.flush()
    accounts.keep_limits(row, network(row.network).limits(None))
    return row


def post(*wordings: str, link: bool = True, **more: Any) -> Post:
    """A post that can be shared now, in English, with more wordings."""
    body = more | {"link": {"url": TARGET, "title": "Cold seals", "description": "", "media_id": None} if link else None}
    made = rows.post(rows.edda(), rows.ravi(), **body)
    for position, wording in enumerate(wordings, 1):
        session.add(Variant(post_id=made.id, language="en", position=position, text=wording))
    session.flush()
    session.refresh(made, ["variants"])
    return made


def share(user: User, on: Post, *chosen: ConnectedAccount, click: str = "", **more: Any) -> Share:
    """One click."""
    return shares.share(user, on, accounts=chosen, click=click or uuid.uuid4().hex, language="en", **more)


def deliveries(made: Share) -> list[Delivery]:
    """The deliveries of a share."""
    session.flush()
    session.expire_all()
    return list(session.get_one(Share, made.id).deliveries)


def delivery(made: Share) -> Delivery:
    """The one delivery of a share."""
    [found] = deliveries(made)
    return found


def shared(control: Control, *, count: int = 1, with_picture: bool = False) -> list[uuid.UUID]:
    """`count` people have clicked on one post each; committed. Returns the deliveries' ids."""
    with transaction():
        made = []
        for number in range(count):
            emil = rows.person(f"Emil{number}")
            pictures = [{"media_id": str(picture(emil)), "alt": {"en": "A pump in the snow", "de": ""}}] if with_picture else []
            made.append(share(emil, post(pictures=pictures), account(emil, control)))
        return [one.id for each in made for one in each.deliveries]


def picture(owner: User) -> uuid.UUID:
    """A small picture, stored."""
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(out, "PNG")
    data = out.getvalue()
    row = Media(owner_id=owner.id, sha256=hashlib.sha256(data).hexdigest(), mime="image/png", width=40, height=30)
    session.add(row)
    session.flush()
    session.add(MediaFile(media_id=row.id, rendition="full", mime="image/png", width=40, height=30, data=data))
    return row.id


def notices(user_id: uuid.UUID) -> list[str]:
    """What this person was told, in order."""
    return list(session.scalars(select(Notice.kind).where(Notice.user_id == user_id).order_by(Notice.id)))


def look(delivery_id: uuid.UUID) -> Delivery:
    """A delivery as it is now, with what tests ask of it."""
    session.remove()
    found = session.get_one(Delivery, delivery_id)
    _ = found.attempts, found.account, found.link
    return found


def run_until(moment: datetime) -> None:
    """What is due by this moment is due now; then work until nothing is due."""
    with transaction():
        for row in session.query(Delivery).filter(Delivery.due_at <= moment):
            row.due_at = min(row.due_at, now())
    dispatching.run()


def pauses_end() -> None:
    """As if the time were over for which networks have asked us to wait."""
    with transaction():
        session.query(RatePause).update({"until": now()})
    with redis.Redis.from_url(config.settings().redis_url) as counts:
        for key in counts.scan_iter("governor:scope:*"):
            counts.delete(key)


def later(*, start: datetime | None = None, **time: float) -> datetime:
    """A moment from now, or from `start`."""
    return (start or now()) + timedelta(**time)


def mails(user_id: uuid.UUID) -> int:
    """How many mails wait for this person."""
    return session.scalar(select(func.count()).where(Mail.user_id == user_id)) or 0


def lease_ends(delivery_id: uuid.UUID) -> None:
    """As if the worker's time was over."""
    with transaction():
        row = session.get_one(Delivery, delivery_id)
        row.leased_until = row.due_at = now()


def in_a_moment(do: Callable[[], object]) -> Future[Any]:
    """Do it on a thread of its own, which has begun and has not been waited for."""
    pool = ThreadPoolExecutor(1)
    begun = threading.Event()

    def run() -> object:
        begun.set()
        try:
            return do()
        finally:
            session.remove()

    found = pool.submit(run)
    begun.wait()
    time.sleep(0.3)
    return found


def at_once(many: int, do: Callable[[int], object]) -> list[object]:
    """Do it on several threads at the same moment."""
    start = threading.Barrier(many)

    def run(number: int) -> object:
        start.wait()
        try:
            return do(number)
        finally:
            session.remove()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(run, range(many)))


@contextmanager
def pace(**changes: Any) -> Iterator[None]:
    """Another pace for a while."""
    before = pacing.pace()
    pacing.use(replace(before, **changes))
    try:
        yield
    finally:
        pacing.use(before)


@contextmanager
def broker_url(url: str) -> Iterator[None]:
    """Another broker for a while; the rest after a failure is forgotten before and after."""
    before = config.settings()
    config.use(replace(before, broker_url=url))
    nudges.wake_up()
    try:
        yield
    finally:
        config.use(before)
        nudges.wake_up()


def work_until(seconds: float) -> None:
    """Lease and work for a while, as another process would: not held up by the loop of this one."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for one in leasing.lease_due(limit=5, now=now()):
            work(one)
        time.sleep(0.05)


def work(leased: Leased) -> None:
    """One row, all the way, as the loop would do it."""
    taken = order(leased) if leased.state == "queued" else None
    ready = sending.made_ready(taken) if taken else None
    begun = begin(ready) if ready else None
    if begun:
        outcomes.settle(begun, sending.publish(begun), now=now())
    elif leased.state != "queued":
        looking_after.work(leased)


def order(leased: Leased) -> Order | None:
    """The order of one leased row, unless something stands against it."""
    return next(iter(orders.take([leased], now=now())), None)


def begin(ready: Order) -> Order | None:
    """The same order on its way, unless it may not leave."""
    departure = sending.begin([ready], now=now())
    sending.stay(departure, now=now())
    return next(iter(departure.going), None)


def eventually(true: Callable[[], bool], *, seconds: float = 5) -> None:
    """Wait for what happens beside the request."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def sha256(text: str) -> str:
    """As hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def force(row: Delivery, state: str, **facts: Any) -> None:
    """Put a delivery into a state, with what the database demands of it, however it got there."""
    needed: dict[str, Any] = {}
    if state in ("sending", "unconfirmed", "published", "removed"):
        needed = {"sent_at": now(), "payload": {"body": {}, "idempotency_key": "k"}}
    if state == "sending":
        needed |= {"lease": uuid.uuid4(), "leased_until": later(seconds=60)}
    if state in ("published", "removed"):
        needed |= {"remote_id": uuid.uuid4().hex, "published_at": now()}
    for name, value in {**needed, **facts, "state": state}.items():
        setattr(row, name, value)
    session.flush()


def sql(statement: str) -> TextClause:
    """Plain SQL."""
    return text(statement)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every statement that the product sends in this block."""
    said: list[str] = []

    def listen(_c: object, _k: object, statement: str, *_: object) -> None:
        said.append(statement)

    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", listen)


def overslept(order: Order) -> Order:
    """The same order, as if its worker had been stopped for a minute after the commit."""
    return replace(order, sent_at=later(seconds=-60))


def delete_there(row: Delivery) -> None:
    """Its owner deletes the post on the network itself."""
    network("practice").delete(accounts.as_value(row.account), str(row.remote_id))


def plan(delivery_id: uuid.UUID, due_at: datetime) -> None:
    """Let it be due at this moment."""
    with transaction():
        session.get_one(Delivery, delivery_id).due_at = due_at


def planned_shares_made() -> int:
    """What the workers make of plans, all of them; returns how many plans there were."""
    many = 0
    while found := planned_shares.make(now=now()):
        many += found
    return many


def plan_for_all(post: Post) -> int:
    """An approval's planning, and what the workers make of it; returns how many plans."""
    many = fan_out.plan(post)
    assert planned_shares_made() == many
    return many
