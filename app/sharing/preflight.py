"""Pre-flight: will this share be able to leave at its minute? Asked when it is queued and again an hour before it is due, so that its owner
hears while there is time.

When it is queued only what the database knows is looked at, and the answer to the click shows it. An hour before, a worker also renews the
token and asks the network whether it still opens the account.
"""

import logging
import uuid
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import joinedload

import config
from app.db import session, transaction
from app.editorial.disclosures import disclosure
from app.editorial.models import Post
from app.errors import Refusal
from app.networks.base import AccountBlocked, NetworkFault, Reauth, TokenSet
from app.sealed import is_lost
from app.sharing import accounts, refreshing, risks
from app.sharing.account_models import AccountState, ConnectedAccount
from app.sharing.models import Delivery, DeliveryState
from app.sharing.networks import is_on, network

log = logging.getLogger(__name__)

AHEAD = timedelta(hours=1)
SPARE = timedelta(minutes=5)
LOOK_AGAIN = timedelta(minutes=10)
BATCH = 200
HANDS = 8


@dataclass(frozen=True)
class Finding:
    """What stands in the way, as a code. `of_account`: the same for all that is planned there."""

    code: str
    of_account: bool = False


def check_at(due_at: datetime, *, now: datetime) -> datetime | None:
    """When a share that is due then has to be looked at again; None when that is less than an hour away."""
    return due_at - AHEAD if due_at - now > AHEAD else None


def at_queueing(delivery: Delivery, account: ConnectedAccount, post: Post, *, now: datetime) -> None:
    """Note on a new delivery what would stop it, and when to look again. No network is called."""
    found = findings(delivery, account, post)
    delivery.warning = found[0].code if found else None
    delivery.check_due_at = check_at(delivery.due_at, now=now)


def findings(delivery: Delivery, account: ConnectedAccount, post: Post) -> list[Finding]:
    """What stands against its leaving at its minute, the most urgent first; pure over these rows, settings and switches."""
    return [finding for finding, holds in LAWS if holds(delivery, account, post)]


def _token_ends(delivery: Delivery, account: ConnectedAccount, _post: Post) -> bool:
    """It ends before, and we have nothing to renew it with."""
    tokens = TokenSet.from_json(account.tokens or {})
    lasts = tokens.refresh_expires_at if tokens.refresh_token else tokens.expires_at
    return lasts is not None and lasts <= delivery.due_at


def _scope_missing(_delivery: Delivery, account: ConnectedAccount, _post: Post) -> bool:
    needed = network(account.network).capabilities().scopes
    return bool(TokenSet.from_json(account.tokens or {}).missing(needed))


def _window_ends(delivery: Delivery, _account: ConnectedAccount, post: Post) -> bool:
    return post.state != "live" or delivery.due_at >= post.share_until or delivery.due_at > delivery.latest_at


def _too_long(delivery: Delivery, account: ConnectedAccount, _post: Post) -> bool:
    return network(account.network).count_text(delivery.text, accounts.limits_of(account)).over > 0


def _disclosure_missing(delivery: Delivery, account: ConnectedAccount, _post: Post) -> bool:
    return not delivery.text.startswith(disclosure(delivery.language, account.network, config.settings().company))


LAWS: Sequence[tuple[Finding, Callable[[Delivery, ConnectedAccount, Post], bool]]] = (
    (Finding("key_lost", of_account=True), lambda _delivery, account, _post: is_lost(account.tokens)),
    (Finding("scope_missing", of_account=True), _scope_missing),
    (Finding("token_ends", of_account=True), _token_ends),
    (Finding("network_off"), lambda _delivery, account, _post: not is_on(account.network)),
    (Finding("window_ends"), _window_ends),
    (Finding("too_long"), _too_long),
    (Finding("disclosure_missing"), _disclosure_missing),
)


@dataclass(frozen=True)
class Due:
    """One delivery whose check is due."""

    id: uuid.UUID
    account_id: uuid.UUID
    due_at: datetime


def anything_due(now: datetime) -> ColumnElement[bool]:
    """A question for the database: whether a planned delivery is due to be checked."""
    return select(Delivery.id).where(Delivery.check_due_at <= now).exists()


def check_due(*, now: datetime) -> int:
    """Check what is due, some accounts at a time; returns how many deliveries. Harmless to repeat and to run twice at once."""
    due = _take(now)
    by_account: dict[uuid.UUID, list[Due]] = {}
    for one in due:
        by_account.setdefault(one.account_id, []).append(one)
    with ThreadPoolExecutor(HANDS, thread_name_prefix="preflight") as pool:
        list(pool.map(lambda item: _check(*item, now=now), by_account.items()))
    return len(due)


def _take(now: datetime) -> list[Due]:
    """The next ones, each for ten minutes ours: when we die, somebody else looks again."""
    wanted = select(Delivery.id).where(Delivery.check_due_at <= now).order_by(Delivery.check_due_at).limit(BATCH)
    chosen = wanted.with_for_update(skip_locked=True).cte("wanted")
    taken = update(Delivery).where(Delivery.id == chosen.c.id).values(check_due_at=now + LOOK_AGAIN)
    returned = taken.returning(Delivery.id, Delivery.account_id, Delivery.due_at).execution_options(synchronize_session=False)
    with transaction():
        return [Due(*row) for row in session.execute(returned)]


def _check(account_id: uuid.UUID, due: Sequence[Due], *, now: datetime) -> None:
    try:
        if any(one.due_at - now <= AHEAD for one in due):
            _ask(account_id, until=min(max(one.due_at for one in due), now + AHEAD) + SPARE, now=now)
        with transaction():
            judge(account_id, [one.id for one in due], now=now)
    except Exception:
        log.exception("a look ahead at the deliveries of an account could not be finished; it is repeated in ten minutes")


def _ask(account_id: uuid.UUID, *, until: datetime, now: datetime) -> None:
    """Renew the token where it ends before, and ask the network whether it is good. What cannot be said now is no finding."""
    try:
        with transaction():
            row = session.get_one(ConnectedAccount, account_id)
            if row.state != AccountState.CONNECTED or is_lost(row.tokens) or not is_on(row.network):
                return
            account = accounts.as_value(row)
        if account.tokens.refresh_token and account.tokens.expires_within((until - now).total_seconds()):
            account = refreshing.refresh(account_id, left=(until - now).total_seconds())
        network(account.network).verify(account)
    except (Reauth, AccountBlocked) as fault:
        refreshing.refused(account_id, account, problem=fault.code, now=now)
    except NetworkFault as fault:
        log.info("a look ahead at %s has shown nothing: %s", account.network, fault)
    except Refusal:
        return


def judge(account_id: uuid.UUID, ids: Iterable[uuid.UUID], *, now: datetime) -> None:
    """Write down what stands in the way of these deliveries of one account, and tell their owner once for each finding."""
    account = session.get_one(ConnectedAccount, account_id, with_for_update=True, populate_existing=True)
    wanted = select(Delivery).where(Delivery.id.in_(list(ids))).options(joinedload(Delivery.post)).order_by(Delivery.id)
    for delivery in session.scalars(wanted.with_for_update(of=Delivery), execution_options={"populate_existing": True}):
        _judge(delivery, account, now=now)


def _judge(delivery: Delivery, account: ConnectedAccount, *, now: datetime) -> None:
    if delivery.state == DeliveryState.HELD:
        delivery.check_due_at = now + AHEAD
        return
    later = check_at(delivery.due_at, now=now)
    found = findings(delivery, account, delivery.post) if delivery.state == DeliveryState.QUEUED else []
    delivery.check_due_at = later if delivery.state == DeliveryState.QUEUED else None
    delivery.warning = found[0].code if found else None
    if found and later is None:
        _tell(found[0], delivery, account)


def _tell(finding: Finding, delivery: Delivery, account: ConnectedAccount) -> None:
    """An account's trouble is told once for the account; one that no waiting mends holds all of it now."""
    if finding.code == "key_lost":
        accounts.without_key(account)
    elif finding.code == "scope_missing":
        accounts.needs_reconnecting(account, problem=finding.code)
    elif finding.code == "token_ends":
        accounts.will_end(account)
    else:
        risks.tell_owner(delivery, finding.code)
