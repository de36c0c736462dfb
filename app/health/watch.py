"""The watch of the web server: it looks for trouble as the workers do, because a worker that is dead tells nobody.

It lives in the server's first process, which serves nothing and outlives the others. That process forks, so the watch keeps no connection
of its own between two looks, and a child forgets whatever it finds.
"""

import logging
import os
import threading
import time

from sqlalchemy import Engine

from app import clock
from app.db import session, transaction
from app.health import alarms, heartbeats
from app.notices import mailbox

log = logging.getLogger(__name__)

EVERY = 60.0
MAIL_SECONDS = 20.0


class Watch(threading.Thread):
    """Looks every minute for as long as the process lives."""

    def __init__(self, every: float = EVERY) -> None:
        super().__init__(name="watch", daemon=True)
        self._every = every

    def run(self) -> None:
        """A database that is away is asked again; `/readyz` and `/healthz` say so meanwhile."""
        engine: Engine = session.get_bind().engine
        os.register_at_fork(after_in_child=lambda: engine.dispose(close=False))
        while True:
            time.sleep(self._every)
            try:
                look()
            except Exception:
                log.warning("the watch could not look; it looks again in a minute", exc_info=True)
            finally:
                engine.dispose()


def look() -> None:
    """One look. Where nobody else would send the mails, because worker or schedule are missing, we do."""
    with transaction():
        alarms.look(now=clock.now())
        fresh = {one.name for one in heartbeats.seen() if one.fresh}
    if heartbeats.BEAT not in fresh or not any(name.startswith(heartbeats.WORKER) for name in fresh):
        mailbox.send_due(MAIL_SECONDS)
