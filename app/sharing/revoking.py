"""Telling a network that tokens are not wanted any more: best effort, beside the request, never in its way."""

import logging
from threading import Thread

from app.db import transaction
from app.networks.base import AppCredentials
from app.sharing import apps
from app.sharing.accounts import Farewell
from app.sharing.networks import networks

log = logging.getLogger(__name__)


def revoke_beside(farewell: Farewell) -> None:
    """Revoke on a thread of its own; our copies of the tokens are wiped already."""
    Thread(target=revoke, args=(farewell,), name="revoke", daemon=True).start()


def revoke(farewell: Farewell) -> bool:
    """Whether the network said that the tokens are worthless now; raises nothing."""
    where = networks().get(farewell.network)
    try:
        with transaction():
            app: AppCredentials | None = apps.known(farewell.network, farewell.host)
        return bool(where and app and where.revoke(app, farewell.tokens))
    except Exception:
        log.warning("tokens at %s could not be revoked; ours are wiped", farewell.host, exc_info=True)
        return False
