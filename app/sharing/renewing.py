"""Renewing tokens ahead, so that no share has to wait for it: where something is planned soon, and where a token that has ended cannot be
renewed any more. What a killed worker has left behind is found here, too.
"""

import logging
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.db import session, transaction
from app.errors import Refusal
from app.networks.base import NetworkFault, Reauth
from app.sharing import accounts, refreshing
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery
from app.sharing.networks import networks

log = logging.getLogger(__name__)

BATCH = 200
HANDS = 8
# Something is planned within the hour, and the token ends within ten minutes: trade it now.
PLANNED_WITHIN = timedelta(hours=1)
ENDS_WITHIN = timedelta(minutes=10)


def anything_due(now: datetime) -> ColumnElement[bool]:
    """A question for the database: whether an account's tokens are due to be renewed."""
    return _due(now).exists()


def renew_due(*, now: datetime) -> int:
    """Renew what is due, some accounts at a time; returns how many. Harmless to repeat and to run twice at once."""
    with transaction():
        due = session.execute(_due(now)).all()
    with ThreadPoolExecutor(HANDS, thread_name_prefix="renew") as pool:
        return sum(pool.map(lambda one: renew(one[0], left=_left(one[1]), now=now), due))


def renew(account_id: uuid.UUID, *, left: float, now: datetime) -> bool:
    """Whether the account's tokens last for `left` seconds now. When only the owner can mend it, what waits is held and the owner told."""
    try:
        with transaction():
            account = accounts.as_value(session.get_one(ConnectedAccount, account_id))
    except Refusal:
        return False
    if account.tokens.access_token and not account.tokens.refresh_token:
        return False
    try:
        refreshing.refresh(account_id, left=left, wait=0)
    except Reauth as fault:
        refreshing.refused(account_id, account, problem=fault.code, now=now)
        return False
    except NetworkFault as fault:
        log.info("tokens of an account at %s were not renewed yet: %s", account.network, fault)
        return False
    return True


def _due(now: datetime) -> Select[uuid.UUID, str]:
    known = networks()
    furthest = max([ENDS_WITHIN, *(timedelta(seconds=one.capabilities().renew_before) for one in known.values())])
    return (
        select(ConnectedAccount.id, ConnectedAccount.network)
        .where(ConnectedAccount.state == "connected", ConnectedAccount.expires_at <= now + furthest)
        .where(ConnectedAccount.network.in_(known), or_(_left_behind(), _planned(now), *_on_a_clock(now)))
        .order_by(ConnectedAccount.expires_at)
        .limit(BATCH)
    )


def _left_behind() -> ColumnElement[bool]:
    return ConnectedAccount.refresh_began_at.is_not(None)


def _planned(now: datetime) -> ColumnElement[bool]:
    """Something leaves soon, and the token ends soon."""
    soon = Delivery.account_id == ConnectedAccount.id, Delivery.state == "queued", Delivery.due_at <= now + PLANNED_WITHIN
    return and_(ConnectedAccount.expires_at <= now + ENDS_WITHIN, select(Delivery.id).where(*soon).exists())


def _on_a_clock(now: datetime) -> list[ColumnElement[bool]]:
    """Networks whose tokens cannot be renewed any more once they have ended."""
    ahead = {key: timedelta(seconds=one.capabilities().renew_before) for key, one in networks().items()}
    return [and_(ConnectedAccount.network == key, ConnectedAccount.expires_at <= now + time) for key, time in ahead.items() if time]


def _left(network: str) -> float:
    return max(ENDS_WITHIN.total_seconds(), networks()[network].capabilities().renew_before)
