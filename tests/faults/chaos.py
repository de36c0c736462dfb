"""Everything that can break, at random under a seed: the same seed breaks the same things in the same order."""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from datetime import datetime
from functools import partial

from app.clock import now
from app.db import session, transaction
from app.editorial import posts
from app.editorial.models import Post
from app.people import deactivation
from app.people.models import User
from app.sharing import accounts, stops
from app.sharing.stop_models import Scope
from tests import rows
from tests.faults import breaking, messages, worker
from tests.faults.front import Front
from tests.faults.ground import Ground
from tests.faults.rabbitmq import RabbitMQ
from tests.faults.storm import Storm
from tests.faults.wire import Wire, end_tokens

WORKERS = ("worker-1", "worker-2")
SPRINGS_WITHIN = 10.0
# What was spread over minutes after a stop need not be waited for.
SPREAD = "UPDATE deliveries SET due_at = now() WHERE state = 'queued' AND due_at > now() + interval '20 seconds'"


class Chaos:
    """Strikes a ground, in every way once before any comes again; `struck` counts what it did. A stall lasts up to `longest` seconds."""

    def __init__(self, ground: Ground, seed: int, front: Front, *, longest: float = 6, broker: RabbitMQ | None = None) -> None:
        self.ground, self.random, self.longest = ground, random.Random(seed), longest
        self.struck: Counter[str] = Counter()
        self.gone: set[uuid.UUID] = set()
        self._wire, self._broker, self._old = Wire(ground, front, self.random, longest=longest), broker, messages.old(ground)
        self._away, self._left, self._began = 0.0, list[str](), time.monotonic()

    def strike(self, storm: Storm, *, among: Collection[str] = ()) -> None:
        """One thing breaks, and is mended where somebody would mend it."""
        ways = self.ways(storm)
        if not self.struck:
            self._left = self.random.sample(sorted(ways), len(ways))
        name = self._left.pop() if self._left and not among else self.random.choice(sorted(among or ways))
        began = time.monotonic()
        reached = ways[name]() is not False
        print(f"{began - self._began:.1f} s: {name}, {time.monotonic() - began:.1f} s{'' if reached else ', not reached'}", flush=True)
        self.struck[name if reached else f"{name}: not reached"] += 1
        if not reached and not among:
            self._left.insert(0, name)

    @property
    def left(self) -> bool:
        """Whether something has not been struck yet."""
        return bool(self._left) or not self.struck

    def stand_at(self, moment: datetime) -> None:
        """All clocks stand at this moment and run on from there, the network's, too."""
        self._away = (moment - now()).total_seconds()
        for clock in (self.ground.clock, self.ground.network_clock):
            clock.write_text(str(self._away))
        breaking.set_clock(self.ground, f"{self._away:.3f} seconds")

    def ways(self, storm: Storm) -> dict[str, Callable[[], object]]:
        """All of them, by name."""
        return {**self._crew(storm), **self._servers(), **self._wire.ways(storm.accounts), **self._people(storm)}

    def _crew(self, storm: Storm) -> dict[str, Callable[[], object]]:
        by, clock = self.random, self.ground.clock
        return {
            **{f"worker killed {place}": partial(self._trap, storm, place, "kill") for place in worker.places()},
            "worker asleep at a place": lambda: self._trap(storm, by.choice(sorted(worker.places())), "20"),
            "worker killed": lambda: self._exchange(kill=True),
            "worker asked to stop": lambda: self._exchange(kill=False),
            "worker suspended": lambda: self._for_a_while(breaking.stalled(self.ground, by.choice(WORKERS))),
            "workers' clocks stepped": lambda: clock.write_text(str(self._away + by.choice((0, 3600, -3600)))),
            "schedule killed": self._schedule,
        }

    def _servers(self) -> dict[str, Callable[[], object]]:
        ground, while_ = self.ground, self._for_a_while
        broker: dict[str, Callable[[], object]] = {"old messages three times": lambda: self._old.deliver(times=3, by=self.random)}
        return {
            "PostgreSQL killed": lambda: breaking.kill_postgres(ground),
            "PostgreSQL restarted": lambda: breaking.restart_postgres(ground),
            "PostgreSQL stalled": lambda: while_(breaking.stalled_postgres(ground)),
            "PostgreSQL without connections": lambda: while_(breaking.no_connections(ground)),
            "PostgreSQL read-only": lambda: while_(breaking.read_only(ground)),
            "PostgreSQL's clock stepped": self._step,
            "commits refused after the answer": lambda: while_(breaking.refused_commits(ground)),
            "tables changed": self._migrate,
            "Redis flushed": lambda: breaking.flush_redis(ground),
            "Redis killed": lambda: breaking.kill_redis(ground),
            "Redis killed and emptied": lambda: breaking.kill_redis(ground, empty=True),
            "Redis stalled": lambda: while_(breaking.stalled_redis(ground)),
            "Redis full": lambda: while_(breaking.full_redis(ground)),
            **({"RabbitMQ killed": partial(self._kill_broker, self._broker)} if self._broker else broker),
        }

    def _people(self, storm: Storm) -> dict[str, Callable[[], object]]:
        return {
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

    def _trap(self, storm: Storm, place: str, what: str) -> bool:
        """Whether it has sprung: not every worker comes by every place in time."""
        name = self.random.choice(WORKERS)
        self.ground.end(name)
        self.ground.start_worker(name, at=f"{place} {self.random.randint(1, 3)} {what}")
        if place == "during a refresh":
            end_tokens(self.ground, self.random.sample(storm.accounts, min(40, len(storm.accounts))))
        end = time.monotonic() + SPRINGS_WITHIN
        while not self.ground.sprung.exists() and time.monotonic() < end:
            time.sleep(0.05)
        return self.ground.sprung.exists()

    def _step(self) -> None:
        breaking.set_clock(self.ground, f"{self._away + self.random.choice((3600, -3600)):.3f} seconds")
        time.sleep(self.random.uniform(1, self.longest))
        breaking.set_clock(self.ground, f"{self._away:.3f} seconds")

    def _kill_broker(self, broker: RabbitMQ) -> None:
        broker.kill()
        time.sleep(self.random.uniform(0, self.longest))
        broker.start()

    def _migrate(self) -> None:
        """As a release does, and back."""
        breaking.migrate(self.ground, breaking.BEFORE)
        breaking.migrate(self.ground, breaking.AFTER)

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
