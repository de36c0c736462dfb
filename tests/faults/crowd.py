"""The people who share in a storm, each with an account at the practice network."""

import itertools
import uuid
from collections import Counter

from app.db import session, transaction
from app.people.models import User
from app.sharing import caps
from tests import rows
from tests.faults.ground import Ground
from tests.sharing import builders

PER_PERSON = 60
_numbers = itertools.count(1)


class Crowd:
    """People with an account each; whoever has shared a lot is left alone afterwards, so that no cap stands in the way."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._shared = ground, Counter[uuid.UUID]()
        self._people: list[tuple[uuid.UUID, uuid.UUID]] = []
        with transaction():
            caps.change("practice", caps.Cap(caps.MOST_PER_HOUR, caps.MOST_PER_DAY, 5), by=rows.ada().id)

    def take(self, count: int, *, shares: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
        """So many (person, account), each about to share so often."""
        free = [one for one in self._people if self._shared[one[1]] + shares <= PER_PERSON]
        free += self.prepare(count - len(free))
        for _user, account in free[:count]:
            self._shared[account] += shares
        return free[:count]

    def prepare(self, count: int) -> list[tuple[uuid.UUID, uuid.UUID]]:
        """So many more people, in one transaction."""
        there = [self._ground.judge.account(f"emil{uuid.uuid4().hex[:10]}") for _ in range(count)]
        with transaction():
            people = [_somebody() for _ in there]
            session.add_all(people + [builders.registered(one) for one in there[:1]])
            session.flush()
            accounts = [builders.connected(user, one) for user, one in zip(people, there, strict=True)]
            session.add_all(accounts)
            session.flush()
            made = [(account.user_id, account.id) for account in accounts]
        self._people += made
        return made


def behind(ground: Ground, host: str, *, count: int) -> Crowd:
    """People whose accounts are at the practice network by another name."""
    crowd = Crowd(ground)
    accounts = [account for _user, account in crowd.prepare(count)]
    with ground.admin() as connection:
        connection.execute("UPDATE connected_accounts SET host = %s WHERE id = ANY (%s)", (host, accounts))
    return crowd


def _somebody() -> User:
    number = next(_numbers)
    return User(email=f"emil{number}.{uuid.uuid4().hex[:12]}@example.com", name=f"Emil{number}", roles=[], locale="en")
