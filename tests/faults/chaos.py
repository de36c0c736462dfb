"""Everything that can break, at random under a seed: the same seed breaks the same things in the same order."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from app.db import session, transaction
from app.editorial import posts
from app.editorial.models import Post
from app.people import deactivation
from app.people.models import User
from app.sharing import accounts, deliveries, stops
from app.sharing.deliveries import Answer
from app.sharing.stop_models import Scope
from tests import rows
from tests.faults import breaking, haste, messages
from tests.faults.ground import Ground
from tests.faults.storm import Storm

PLACES = ("before the claim", "after the claim", "before the mark", "after the mark", "before the request", "after the answer",
          "before the record")  # fmt: skip
WORKERS = ("worker-1", "worker-2")
NETWORK = ("drop_before", "drop_after", "cut", "error_after", "no_id", "html", "nonsense", "nothing", "redirect", "slow", "drip", "status")
PATHS = ("/api/v1/statuses", "/api/v1/statuses", "/api/v2/media", "/api/v1/accounts/*")
# What was spread over minutes after a stop need not be waited for.
SPREAD = "UPDATE deliveries SET due_at = now() WHERE state = 'queued' AND due_at > now() + interval '20 seconds'"

ASKED = """
    SELECT d.id, d.user_id, a.state = 'connected' AND p.state = 'live'
    FROM deliveries d JOIN connected_accounts a ON a.id = d.account_id JOIN posts p ON p.id = d.post_id
    WHERE d.id = ANY (%(ids)s) AND d.state = 'unconfirmed' AND d.looks >= 3 AND d.lease IS NULL
"""


class Chaos:
    """Strikes a ground; `struck` counts what it did. A stall lasts up to `longest` seconds."""

    def __init__(self, ground: Ground, seed: int, *, longest: float = 6) -> None:
        self.ground, self.random, self.longest = ground, random.Random(seed), longest
        self.struck: Counter[str] = Counter()
        self.gone: set[uuid.UUID] = set()
        self._old = messages.old(ground)

    def strike(self, storm: Storm) -> None:
        """One thing breaks, and is mended where somebody would mend it."""
        ways = self.ways(storm)
        name = self.random.choice(sorted(ways))
        ways[name]()
        self.struck[name] += 1

    def ways(self, storm: Storm) -> dict[str, Callable[[], object]]:
        """All of them, by name."""
        ground, by = self.ground, self.random
        while_ = partial(self._for_a_while)
        return {
            "worker killed": lambda: self._exchange(kill=True),
            "worker killed at a place": lambda: self._trap("kill"),
            "worker asleep at a place": lambda: self._trap("20"),
            "worker asked to stop": lambda: self._exchange(kill=False),
            "worker suspended": lambda: while_(breaking.stalled(ground, by.choice(WORKERS))),
            "schedule killed": self._schedule,
            "PostgreSQL killed": lambda: breaking.kill_postgres(ground),
            "PostgreSQL restarted": lambda: breaking.restart_postgres(ground),
            "PostgreSQL stalled": lambda: while_(breaking.stalled_postgres(ground)),
            "PostgreSQL without connections": lambda: while_(breaking.no_connections(ground)),
            "PostgreSQL read-only": lambda: while_(breaking.read_only(ground)),
            "PostgreSQL's clock stepped": self._step,
            "commits refused after the answer": lambda: while_(breaking.refused_commits(ground)),
            "Redis flushed": lambda: breaking.flush_redis(ground),
            "Redis killed": lambda: breaking.kill_redis(ground),
            "Redis killed and emptied": lambda: breaking.kill_redis(ground, empty=True),
            "Redis stalled": lambda: while_(breaking.stalled_redis(ground)),
            "Redis full": lambda: while_(breaking.full_redis(ground)),
            "old messages three times": lambda: self._old.deliver(times=3, by=by),
            "workers' clocks stepped": lambda: ground.clock.write_text(by.choice(("0", "3600", "-3600"))),
            "network broken": self._network,
            "network stalled": self._stall_network,
            "tables changed": self._migrate,
            "tokens ended": lambda: self._tokens(storm),
            "account disconnected": lambda: self._person(storm, disconnect),
            "person deactivated": lambda: self._person(storm, deactivate),
            "post stopped and let go": lambda: self._stop(storm),
            "post withdrawn": lambda: self._withdraw(storm),
        }

    def _for_a_while(self, broken: AbstractContextManager[None]) -> None:
        with broken:
            time.sleep(self.random.uniform(1, self.longest))

    def _exchange(self, *, kill: bool) -> None:
        name = self.random.choice(WORKERS)
        self.ground.end(name, kill=kill)
        self.ground.start_worker(name)

    def _schedule(self) -> None:
        self.ground.crew[self.random.choice(("beat-1", "beat-2"))].kill_group()

    def _trap(self, what: str) -> None:
        name = self.random.choice(WORKERS)
        self.ground.end(name)
        self.ground.start_worker(name, at=f"{self.random.choice(PLACES)} {self.random.randint(1, 12)} {what}")

    def _step(self) -> None:
        breaking.set_clock(self.ground, self.random.choice(("1 hour", "-1 hour")))
        time.sleep(self.random.uniform(1, self.longest))
        breaking.set_clock(self.ground, "0")

    def _network(self) -> None:
        kind, path = self.random.choice(NETWORK), self.random.choice(PATHS)
        facts: dict[str, float] = {"seconds": self.random.uniform(0, 2)} if kind == "slow" else {}
        if kind == "status":
            status = self.random.choice((429, 500, 502, 503))
            facts = {"status": status, **({"retry_after": 2} if status == 429 and self.random.random() < 0.5 else {})}
        if kind in ("html", "nonsense", "nothing", "redirect"):
            facts = {"made": self.random.random() < 0.5}
        method = "GET" if path.endswith("*") else "POST"
        self.ground.judge.fault(kind, method=method, path=path, times=self.random.randint(1, 10), **facts)

    def _stall_network(self) -> None:
        """For less than anybody waits for an answer: what it takes in meanwhile it makes in time."""
        with breaking.stalled_network(self.ground):
            time.sleep(self.random.uniform(1, haste.READ_SECONDS - 2))

    def _migrate(self) -> None:
        breaking.migrate(self.ground, breaking.BEFORE)
        breaking.migrate(self.ground, breaking.AFTER)

    def _tokens(self, storm: Storm) -> None:
        """A network has ended somebody's access before its time: what cannot be renewed waits for its owner."""
        account = self.random.choice(storm.accounts)
        [(handle,)] = self.ground.ask("SELECT handle FROM connected_accounts WHERE id = %(id)s", {"id": account})
        self.ground.judge.fault("expire_tokens", account=handle.split("@")[1], refresh_too=self.random.random() < 0.5)

    def _person(self, storm: Storm, act: Callable[[uuid.UUID, uuid.UUID], None]) -> None:
        here = [pair for pair in zip(storm.users, storm.accounts, strict=True) if pair[0] not in self.gone]
        for user, account in self.random.sample(here, min(2, len(here))):
            self.gone.add(user)
            act(user, account)

    def _stop(self, storm: Storm) -> None:
        with transaction():
            ada = rows.ada()
            post = self.random.choice(storm.posts)
            stop, admin = stops.stop(ada, scope=Scope.POST.value, subject=str(post), reason="To be looked at").id, ada.id
        time.sleep(self.random.uniform(0.5, 2))
        with transaction():
            stops.resume(session.get_one(User, admin), stop)

    def _withdraw(self, storm: Storm) -> None:
        """Once in a storm: there has to be something left."""
        if storm.posts[0] not in self.gone:
            self.gone.add(storm.posts[0])
            with transaction():
                posts.withdraw(session.get_one(Post, storm.posts[0]), rows.ravi(), reason="A wrong figure")


def disconnect(user_id: uuid.UUID, account_id: uuid.UUID) -> None:
    """An account is taken away."""
    with transaction():
        accounts.disconnect(session.get_one(User, user_id), account_id)


def deactivate(user_id: uuid.UUID, _account_id: uuid.UUID) -> None:
    """A person leaves."""
    with transaction():
        deactivation.deactivate(user_id, by=rows.ada())


def owners_answer(ground: Ground, ids: list[uuid.UUID]) -> int:
    """Whoever is asked "Is it on your profile?" looks there and says so; returns how many were asked.

    What is not there is sent, and left where nothing can be sent any more: from an account that is not connected, or a post withdrawn.
    """
    there = {one["idempotency_key"].partition(":")[0]: one for one in ground.judge.posts()}
    found = ground.ask(ASKED, {"ids": ids})
    for delivery, user, can_go in found:
        post = there.get(str(delivery))
        url = f"{ground.judge.base}/@{post['account']}/{post['id']}" if post else ""
        answer = Answer.THERE if post else Answer.SEND if can_go else Answer.LEAVE
        with transaction():
            deliveries.answer_unconfirmed(session.get_one(User, user), delivery, answer, url=url)
    return len(found)
