"""Stand-ins for other programs: nothing but their rule of when to send, on a table of our own. No code of theirs.

- poll15: every 15 seconds the ten oldest rows that are due, one after the other
- second: what is due at once, but one a second for each network
- minute: at every full minute all that is due, one after the other
"""

import argparse
import math
import time
from collections.abc import Callable

import psycopg
import requests

DUE = b"SELECT id, account, body FROM queue WHERE owner = %s AND state = 'queued' AND due_at <= now() ORDER BY due_at, id LIMIT %s"
DONE = b"UPDATE queue SET state = 'published', published_at = now() WHERE id = %s"
LOOK = 0.02


class Sender:
    """Sends due rows of one owner, one after the other."""

    def __init__(self, owner: str, database: str, network: str) -> None:
        self._owner, self._address = owner, f"{network}/api/v1/statuses"
        self._database = psycopg.connect(database, autocommit=True)
        self._session = requests.Session()

    def send(self, most: int) -> int:
        """Up to so many; returns how many there were."""
        rows = self._database.execute(DUE, (self._owner, most)).fetchall()
        for number, account, body in rows:
            self._session.post(self._address, json={"status": body}, headers={"Authorization": f"Bearer t-{account}"}, timeout=60)
            self._database.execute(DONE, (number,))
        return len(rows)


def poll15(sender: Sender) -> None:
    """Ten every fifteen seconds."""
    while True:
        began = time.monotonic()
        sender.send(10)
        time.sleep(max(0.0, began + 15 - time.monotonic()))


def second(sender: Sender) -> None:
    """At once, but one a second."""
    while True:
        began = time.monotonic()
        time.sleep(max(0.0, began + 1 - time.monotonic()) if sender.send(1) else LOOK)


def minute(sender: Sender) -> None:
    """At every full minute."""
    while True:
        now = time.time()
        time.sleep(math.floor(now / 60) * 60 + 60 - now)
        sender.send(1_000_000)


RULES: dict[str, Callable[[Sender], None]] = {"poll15": poll15, "second": second, "minute": minute}

if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    for name in ("rule", "database", "network"):
        arguments.add_argument(f"--{name}", required=True)
    given = arguments.parse_args()
    RULES[given.rule](Sender(given.rule, given.database, given.network))
