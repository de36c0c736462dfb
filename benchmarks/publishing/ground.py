"""What everything runs on: a PostgreSQL and a Redis of our own with the product's settings, the stub, and the product's processes."""

import base64
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from app.embedded import account, binaries, broker, ports, postgres
from app.embedded.process import Child, Service
from app.embedded.supervisor import Supervisor
from benchmarks.publishing.judge import Judge

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = secrets.token_urlsafe(12)
FLOOR = "floor"
SERVERS = 4
# What the operator's shell may hold and no contestant may see.
FOREIGN = ("DATABASE_URL", "REDIS_URL", "BROKER_URL", "MAIL_URL", "ENCRYPTION_KEYS", "SECRET_KEY", "PRACTICE_URL")


class Ground:
    """Use it in a `with`: at its end every process has ended and every file is gone. `product` is the checkout that is measured."""

    def __init__(self, *, product: Path = ROOT, options: Mapping[str, str] | None = None) -> None:
        self.product, self._options = product.resolve(), dict(options or {})
        self.home = Path(tempfile.mkdtemp(prefix="outspoken-bench-"))
        self.logs = self.home.with_name(self.home.name + ".log")
        self.supervisor = Supervisor(self.logs)
        self._account = account.unprivileged()
        self.database_port, self.redis_port, self.stub_port = ports.pick(3)
        self.judge = Judge(self.stub_port)
        self.workers: list[Child] = []
        self.ended = 0
        self.beat: Child | None = None

    def __enter__(self) -> Self:
        self.logs.mkdir()
        account.give(self._account, self.home)
        try:
            self._start_servers()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.judge.close()
        for child in self.supervisor.children:
            if child.service.stage < SERVERS:
                child.kill_group()  # nothing here has to be finished
        self.supervisor.stop()
        if kind is None or issubclass(kind, KeyboardInterrupt):
            shutil.rmtree(self.logs, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def _start_servers(self) -> None:
        self._cluster = self._make_cluster()
        self._broker = broker.Broker(
            binaries.reachable(binaries.find_redis(), self._account, self.home), self.home, PASSWORD, self._account
        )
        self.start_redis()
        self.start_postgres()
        with self.admin("postgres") as connection:
            connection.execute(f"CREATE DATABASE {FLOOR}")
        self.stub = self.program("stub", "-m", "benchmarks.publishing.stub", "--port", str(self.stub_port))
        self.wait(lambda: listens(self.stub_port), "the stub network")
        self.environment = self._environment()
        os.environ.update(self.environment)
        migrate = (sys.executable, "-m", "app", "migrate")
        self.supervisor.run_once(Service("migrate", migrate, self._whole(self.environment), self.product))

    def _make_cluster(self) -> postgres.Cluster:
        program = binaries.reachable(binaries.find_postgres(), self._account, self.home)
        cluster = postgres.Cluster(program, self.home, self._account)
        cluster.create(self.supervisor, admin_password=PASSWORD, password=PASSWORD)
        return cluster

    def start_postgres(self) -> None:
        """With the settings that the product gives its embedded one; returns when it takes connections."""
        self.postgres = self.supervisor.start(self._cluster.service(self.database_port, options=self._options))
        self.wait(lambda: self._cluster.ready(self.postgres), "PostgreSQL")

    def start_redis(self) -> None:
        """Durable, as in the product; returns when it answers."""
        self.redis = self.supervisor.start(self._broker.service(self.redis_port))
        self.wait(lambda: self._broker.ready(self.redis_port), "Redis")

    def _environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": postgres.url(self.database_port, PASSWORD),
            "REDIS_URL": broker.url(self.redis_port, PASSWORD),
            "SECRET_KEY": secrets.token_urlsafe(32),
            "ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "BASE_URL": "http://localhost:8000",
            "OUTSPOKEN_ENV": "development",
            "PRACTICE_URL": f"http://127.0.0.1:{self.stub_port}",
            "ALLOWED_PRIVATE_HOSTS": f"127.0.0.1:{self.stub_port}",
            "MALLOC_ARENA_MAX": "2",
            "PYTHONUNBUFFERED": "1",
        }

    def _whole(self, environment: Mapping[str, str]) -> dict[str, str]:
        own = {name: value for name, value in os.environ.items() if name.removesuffix("_FILE") not in FOREIGN}
        return own | {"TMPDIR": str(self.home)} | dict(environment)

    def admin(self, database: str = postgres.ROLE) -> "psycopg.Connection[tuple[object, ...]]":
        """A connection that may do anything; every statement commits."""
        return psycopg.connect(postgres.url(self.database_port, PASSWORD, user=postgres.ADMIN, database=database), autocommit=True)

    def address(self, database: str) -> str:
        """For a contestant that brings its own tables."""
        return postgres.url(self.database_port, PASSWORD, user=postgres.ADMIN, database=database)

    def broker_url(self, number: int) -> str:
        """A database of the same Redis."""
        return broker.url(self.redis_port, PASSWORD, number=number)

    def program(self, name: str, *arguments: str, stage: int = 3) -> Child:
        """A Python program of the benchmark's own."""
        env = self._whole({"PYTHONUNBUFFERED": "1"})
        return self.supervisor.start(Service(name, (sys.executable, *arguments), env, ROOT, stage=stage))

    def start_product(self, *, workers: int = 2) -> None:
        """Workers and the schedule; returns when each worker has shown a sign of life."""
        for number in range(1, workers + 1):
            self.start_worker(number)
        self.start_beat()
        with self.admin() as connection:
            sign = "SELECT count(*) FROM heartbeats WHERE name LIKE 'worker:%'"
            self.wait(lambda: _one(connection, sign) >= workers, "the workers")

    def start_worker(self, number: int) -> Child:
        """One worker process, by the product's own command."""
        child = self._command(f"worker-{number}", "worker", "--name", f"bench{number}@%h")
        self.workers.append(child)
        return child

    def start_beat(self) -> Child:
        """The schedule, by the product's own command."""
        self.beat = self._command("beat", "beat")
        return self.beat

    def _command(self, name: str, *arguments: str) -> Child:
        command = (sys.executable, "-m", "app", *arguments)
        return self.supervisor.start(Service(name, command, self._whole(self.environment), self.product, stage=1, grace=25.0))

    def end(self, child: Child, *, kill: bool = True) -> None:
        """End one process before its time, by SIGKILL or as it likes to be asked, and forget it."""
        if kill:
            child.kill_group()
        else:
            child.ask_to_stop()
        child.popen.wait()
        self.supervisor.children.remove(child)
        if child in self.workers:
            self.workers.remove(child)

    def wait(self, done: Callable[[], bool], what: str, timeout: float = 60.0) -> None:
        """Until it holds; a process that ends meanwhile is an error, except for a worker, which is started again."""

        def revived() -> bool:
            self.revive()
            return done()

        self.revive()
        self.supervisor.wait_until(revived, what=what, timeout=timeout)

    def revive(self) -> None:
        """Start workers again that have ended by themselves, as a service manager would, and count them in `ended`."""
        for child in [one for one in self.workers if one.ended()]:
            self.end(child)
            self.ended += 1
            self.start_worker(int(child.service.name.rpartition("-")[2]))

    def families(self) -> dict[str, list[int]]:
        """Whose processor time is counted for the product."""
        found = {"worker": [child.popen.pid for child in self.workers], **self.servers()}
        return found | ({"beat": [self.beat.popen.pid]} if self.beat else {})

    def servers(self) -> dict[str, list[int]]:
        """PostgreSQL and Redis, which serve every contestant."""
        return {"postgres": [self.postgres.popen.pid], "redis": [self.redis.popen.pid]}


def listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as attempt:
        attempt.settimeout(1)
        return attempt.connect_ex(("127.0.0.1", port)) == 0


def until(done: Callable[[], bool], *, seconds: float, every: float = 0.05) -> bool:
    """Whether it came to hold in that time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True


def _one(connection: "psycopg.Connection[tuple[object, ...]]", statement: str) -> int:
    row = connection.execute(statement.encode()).fetchone()
    return int(str(row[0])) if row else 0
