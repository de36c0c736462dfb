"""Who is compared: the floor, the naive design and us, each with the same two questions: how long, and how much processor time."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from app.embedded.process import Service
from benchmarks.publishing import rows
from benchmarks.publishing.ground import FLOOR, ROOT, Ground, until
from benchmarks.publishing.judge import Arrival, doubles
from benchmarks.publishing.ledger import Batch, Ledger, from_now
from benchmarks.publishing.naive import PROCESSES
from benchmarks.publishing.processes import Meter

PATIENCE = 1_800.0
ROWS_A_SECOND = 4_000
READINGS_EVERY = 10.0


@dataclass
class Run:
    """What one run of one contestant came to. Seconds; processor time by family."""

    size: int
    wall: float
    cpu: dict[str, float]
    in_flight: int
    arrivals: list[Arrival] = field(repr=False)
    recorded: float = 0.0

    @property
    def made(self) -> int:
        """How many requests were let through."""
        return sum(one.status == 200 for one in self.arrivals)

    @property
    def doubled(self) -> int:
        """Posts that an account got twice."""
        return doubles(self.arrivals)

    @property
    def lost(self) -> int:
        """Deliveries that never came."""
        return self.size - (self.made - self.doubled)

    @property
    def total_cpu(self) -> float:
        """All families together."""
        return sum(self.cpu.values())


class Contestant(Protocol):
    """Publishes `size` deliveries that are due at once."""

    name: str

    def run(self, size: int) -> Run:
        """From the moment they are due until all have arrived."""


class Ours:
    """Two worker processes with everything on, as the product starts them."""

    name = "ours"

    def __init__(self, ground: Ground, ledger: Ledger, *, lead: float = 2.5) -> None:
        self._ground, self.ledger, self._lead = ground, ledger, lead

    def run(self, size: int, *, queued: Callable[[], object] = lambda: None) -> Run:
        """`queued` is called when the rows are there and before they are due."""
        self.ledger.crowd.reserve(size)
        self._ground.judge.forget()
        due = from_now(self._lead + size / ROWS_A_SECOND)
        batch = self.ledger.queue(size, due=[due])
        begins = max(due.timestamp(), time.time())
        meter = Meter.start(**self._ground.families())
        queued()
        time.sleep(max(0.0, begins - time.time()))
        return self._watch(batch, meter, begins)

    def _watch(self, batch: Batch, meter: Meter, due: float) -> Run:
        judge = self._ground.judge
        while not until(lambda: judge.counts()["requests"] >= batch.size, seconds=READINGS_EVERY):
            self.ledger.forget_readings()
            if time.time() > due + PATIENCE:
                break
        until(lambda: self.ledger.published(batch) >= batch.size, seconds=60, every=0.1)
        self.ledger.forget_readings()
        recorded = time.time() - due
        cpu, arrivals = meter.read(), judge.arrivals()
        last = max((one.at for one in arrivals), default=due)
        return Run(batch.size, last - due, cpu, judge.counts()["most_in_flight"], arrivals, recorded)


class Floor:
    """One process of ours that does nothing else."""

    name = "floor"

    def __init__(self, ground: Ground, *, in_flight: int = 64) -> None:
        self._ground, self._in_flight = ground, in_flight
        self._address = ground.address(FLOOR)
        rows.make(self._address)

    def run(self, size: int) -> Run:
        judge = self._ground.judge
        judge.forget()
        rows.fill(self._address, self.name, size, [from_now(0)])
        program = (
            sys.executable, "-m", "benchmarks.publishing.floor", "--database", self._address, "--port", str(self._ground.stub_port),
            "--in-flight", str(self._in_flight),
        )  # fmt: skip
        with subprocess.Popen(program, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
            time.sleep(0.5)
            meter = Meter.start(**self._ground.servers())
            said = json.loads(process.communicate("go\n", timeout=PATIENCE)[0])
        cpu = {"worker": float(said["cpu"]), **meter.read()}
        arrivals = judge.arrivals()
        last = max((one.at for one in arrivals), default=0.0)
        return Run(size, last - said["began"], cpu, judge.counts()["most_in_flight"], arrivals, said["wall"])


class Naive:
    """A Celery task a delivery, two processes."""

    name = "naive"

    def __init__(self, ground: Ground) -> None:
        self._ground, self._address = ground, ground.address(FLOOR)
        rows.make(self._address)
        settings = {
            "NAIVE_BROKER": ground.broker_url(1), "NAIVE_DATABASE": self._address, "NAIVE_NETWORK": f"http://127.0.0.1:{ground.stub_port}",
        }  # fmt: skip
        os.environ.update(settings)
        command = (
            sys.executable, "-m", "celery", "-A", "benchmarks.publishing.naive", "worker", "-P", "prefork", "-c", str(PROCESSES),
            "-n", "naive@%h", "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "warning",
        )  # fmt: skip
        self._child = ground.supervisor.start(Service("naive", command, dict(os.environ), ROOT, stage=1))
        from benchmarks.publishing.naive import app  # noqa: PLC0415 - reads the settings made above

        app.conf.broker_url = settings["NAIVE_BROKER"]
        self._app = app

    def run(self, size: int) -> Run:
        judge = self._ground.judge
        judge.forget()
        _, ids = rows.fill(self._address, self.name, size, [from_now(0)])
        meter, began = Meter.start(worker=[self._child.popen.pid], **self._ground.servers()), time.time()
        with self._app.connection_for_write() as connection:
            for number in ids:
                self._app.send_task("publish", (number,), connection=connection)
        until(lambda: judge.counts()["requests"] >= size, seconds=PATIENCE)
        until(lambda: rows.left(self._address, self.name) == 0, seconds=60, every=0.1)
        recorded, cpu, arrivals = time.time() - began, meter.read(), judge.arrivals()
        last = max((one.at for one in arrivals), default=began)
        return Run(size, last - began, cpu, judge.counts()["most_in_flight"], arrivals, recorded)

    def close(self) -> None:
        """Let go of the connections to the broker."""
        self._app.close()

    def park(self, count: int) -> None:
        """Leave messages in a queue that nobody empties."""
        with self._app.connection_for_write() as connection:
            for number in range(count):
                self._app.send_task("publish", (number,), connection=connection, queue="parked")

    def planned_waits(self, due: Sequence[datetime]) -> list[float]:
        """Seconds from due to arrival when each delivery is a message with an ETA."""
        start = self._ground.judge.counts()["requests"]
        first, ids = rows.fill(self._address, self.name, len(due), due)
        with self._app.connection_for_write() as connection:
            for number, moment in zip(ids, due, strict=True):
                self._app.send_task("publish", (number,), connection=connection, eta=moment)
        until(lambda: rows.left(self._address, self.name) == 0, seconds=max(due).timestamp() - time.time() + 60, every=0.5)
        found = {int(one.account): one.at for one in self._ground.judge.arrivals(start)}
        return [found[first + place] - moment.timestamp() for place, moment in enumerate(due) if first + place in found]

    def noops(self, count: int) -> float:
        """How many tasks that do nothing it gets through in a second."""
        import redis  # noqa: PLC0415

        began = time.time()
        with self._app.connection_for_write() as connection:
            for _ in range(count):
                self._app.send_task("noop", connection=connection)
        with redis.Redis.from_url(self._ground.broker_url(1)) as broker:
            until(lambda: broker.llen("celery") == 0 and broker.hlen("unacked") == 0, seconds=60, every=0.01)
        return count / (time.time() - began)
