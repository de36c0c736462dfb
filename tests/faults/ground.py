"""What is broken: a PostgreSQL and a Redis of our own, the practice network, and the product's processes. All of it can be killed."""

import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from sqlalchemy import Engine, create_engine

import config
from app.embedded import account, binaries, broker, ports, postgres
from app.embedded.process import Child, Service
from app.embedded.supervisor import Supervisor
from tests import servers
from tests.faults.judge import Judge

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = servers.PASSWORD
MEMORY, ROOM = Path("/dev/shm"), 2 * 2**30  # what the storms of one run may leave behind
# The machine stays up: what a killed PostgreSQL has written is there, synced or not.
OPTIONS = {"fsync": "off", "synchronous_commit": "on", "autovacuum": "off", "max_connections": "80"}
FILES = ("clock", "sprung", "network clock", "lost name")
Connection = psycopg.Connection[tuple[Any, ...]]


class Ground:
    """Use it in a `with`. `template` names a migrated database of the test servers, copied when there is one. Main thread only."""

    def __init__(self, *, template: str = "") -> None:
        roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM
        self.home = Path(tempfile.mkdtemp(prefix="outspoken-faults-", dir=MEMORY if roomy else None))
        self.logs = self.home.with_name(self.home.name + ".log")
        self.supervisor = Supervisor(self.logs)
        self._account, self._template = account.unprivileged(), template
        self.database = postgres.ROLE
        self.database_port, self.redis_port, self.practice_port, self.web_port = ports.pick(4)
        self.judge = Judge(self.practice_port, "for tests only")
        self.clock, self.sprung, self.network_clock, self.lost_name = (self.home / one for one in FILES)
        self.crew: dict[str, Child] = {}
        self.engine: Engine | None = None
        self.ends: Counter[str] = Counter()

    def __enter__(self) -> Self:
        self.logs.mkdir()
        account.give(self._account, self.home)
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        if self.engine is not None:
            self.engine.dispose()
        for child in self.supervisor.children:
            signal_all(child, signal.SIGCONT)
            child.kill_group()  # nothing here has to be finished
        self.supervisor.stop()
        shutil.rmtree(self.logs, ignore_errors=True)
        shutil.rmtree(self.home, ignore_errors=True)

    def _start(self) -> None:
        self.clock.write_text("0")
        redis = binaries.reachable(binaries.find_redis(), self._account, self.home)
        self._broker = broker.Broker(redis, self.home, PASSWORD, self._account)
        self.start_redis()
        self._cluster, migrated = self._made()
        self.start_postgres()
        site = ("-m", "tests.faults.site", "--port", str(self.practice_port), "--control-token", "for tests only", "--rate-limit", "0")
        clock = self._whole({"FAULTS_CLOCK": str(self.network_clock)})
        self.practice = self.supervisor.start(Service("practice", (sys.executable, *site), clock, ROOT, stage=3))
        self.wait(self.judge.answers, "the practice network")
        self.judge.calm()
        self.environment = self._environment()
        if not migrated:
            migrate = (sys.executable, "-m", "app", "migrate")
            self.supervisor.run_once(Service("migrate", migrate, self._whole(self.environment), ROOT))
        self.settings = replace(config.load(self.environment), undo_seconds=0)
        self.engine = create_engine(self.settings.database_url, pool_pre_ping=True, pool_size=8)

    def _made(self) -> tuple[postgres.Cluster, bool]:
        """A cluster, and whether its database is migrated already."""
        program = binaries.reachable(binaries.find_postgres(), self._account, self.home)
        cluster = postgres.Cluster(program, self.home, self._account)
        cached = servers.CACHE / f"{'.'.join(map(str, program.version))}-{self._template}"
        if not self._template or not cached.exists():
            cluster.create(self.supervisor, admin_password=PASSWORD, password=PASSWORD, options=("--no-sync", "--wal-segsize=1"))
            return cluster, False
        shutil.copytree(cached, cluster.directory, copy_function=shutil.copy2)
        for path in [cluster.directory, *cluster.directory.rglob("*")]:
            account.give(self._account, path)
        self.database = self._template
        return cluster, True

    def start_postgres(self) -> None:
        """Returns when it takes connections; a predecessor that was killed may take a moment to be gone."""
        extra = {"io_method": "sync"} if self._cluster.program.version[0] >= 18 else {}
        end = time.monotonic() + 60
        while True:
            child = self.supervisor.start(self._cluster.service(self.database_port, options=OPTIONS | extra))
            while not child.ended() and not self._cluster.ready(child):
                time.sleep(0.05)
            if not child.ended():
                self.postgres = child
                return
            self.supervisor.children.remove(child)
            assert time.monotonic() < end, child.last_lines()
            time.sleep(0.2)

    def start_redis(self) -> None:
        """Durable, as in the product; returns when it answers."""
        self.redis = self.supervisor.start(self._broker.service(self.redis_port))
        self.wait(lambda: self._broker.ready(self.redis_port), "Redis")

    def _environment(self) -> dict[str, str]:
        return {
            **servers.TEST_KEYS,
            "DATABASE_URL": postgres.url(self.database_port, PASSWORD, database=self.database),
            "REDIS_URL": self.redis_url,
            "BASE_URL": f"http://127.0.0.1:{self.web_port}",
            "PRACTICE_URL": f"http://127.0.0.1:{self.practice_port}",
            "ALLOWED_PRIVATE_HOSTS": f"127.0.0.1:{self.practice_port}",
            "PRACTICE_RATES": "account=1000000/60",
            "UNDO_SECONDS": "0",
            "MALLOC_ARENA_MAX": "2",
            "FAULTS_CLOCK": str(self.clock),
            "FAULTS_SPRUNG": str(self.sprung),
        }

    @property
    def redis_url(self) -> str:
        """The address of our Redis."""
        return broker.url(self.redis_port, PASSWORD)

    @staticmethod
    def _whole(environment: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, "PYTHONUNBUFFERED": "1", **environment}

    def admin(self) -> Connection:
        """A connection that may do anything; every statement commits."""
        address = postgres.url(self.database_port, PASSWORD, user=postgres.ADMIN, database=self.database)
        return psycopg.connect(address, autocommit=True, connect_timeout=10)

    def sql(self, *statements: str) -> None:
        """Statements of an administrator."""
        with self.admin() as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def ask(self, question: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Rows."""
        with self.admin() as connection:
            return connection.execute(question.encode(), values).fetchall()

    def start_worker(self, name: str = "worker", *, at: str = "") -> Child:
        """One worker; `at`: where it dies or falls asleep (see `tests.faults.worker`); `sprung` is there when it has."""
        if at:
            self.sprung.unlink(missing_ok=True)
        return self._enlist(name, ("-m", "tests.faults.worker", name), {"FAULTS_AT": at})

    def start_beat(self, name: str = "beat") -> Child:
        """One schedule, by the product's own command."""
        return self._enlist(name, ("-m", "app", "beat"), {})

    def start_web(self) -> Child:
        """The web server, by the product's own command."""
        return self._enlist("web", ("-m", "app", "web", "--port", str(self.web_port), "--workers", "1"), {})

    def _enlist(self, name: str, arguments: tuple[str, ...], more: Mapping[str, str]) -> Child:
        env = self._whole({**self.environment, **more})
        self.crew[name] = self.supervisor.start(Service(name, (sys.executable, *arguments), env, ROOT, stage=1, grace=25.0))
        return self.crew[name]

    def full_crew(self) -> None:
        """Two workers and two schedules, those that are missing started; whoever was told where to die is exchanged."""
        for name in ("worker-1", "worker-2", "beat-1", "beat-2"):
            child = self.crew.get(name)
            if child and child.service.env.get("FAULTS_AT"):
                self.end(name)
            if name not in self.crew:
                self._start_named(name)
        self.revive()

    def _start_named(self, name: str) -> None:
        kind = name.partition("-")[0]
        {"worker": self.start_worker, "beat": self.start_beat}[kind](name) if kind != "web" else self.start_web()

    def end(self, name: str, *, kill: bool = True) -> int:
        """End one of the crew, by SIGKILL or as it likes to be asked, and forget it; returns its exit code."""
        child = self.crew.pop(name)
        if kill:
            child.kill_group()
        else:
            child.ask_to_stop()
        code = int(child.popen.wait() or 0)
        self.supervisor.children.remove(child)
        return code

    def dismiss(self) -> None:
        """Nobody works any more."""
        for name in list(self.crew):
            self.end(name)

    def revive(self) -> None:
        """Start again, as a service manager would, whoever has ended; `ends` counts how."""
        for name in [name for name, child in self.crew.items() if child.ended()]:
            last, code = self.crew[name].last_lines(70), self.end(name)
            self.ends["killed" if code == -signal.SIGKILL else f"{name.partition('-')[0]} fallen"] += 1
            if code != -signal.SIGKILL:
                print(f"{name} ended by itself with {code}:\n{last}")
            self._start_named(name)

    def wait(self, done: Callable[[], bool], what: str, timeout: float = 120.0) -> None:
        """Until it holds."""
        end = time.monotonic() + timeout
        while not done():
            assert time.monotonic() < end, f"{what} was not there in time; logs in {self.logs}"
            time.sleep(0.05)


def signal_all(child: Child, number: signal.Signals) -> None:
    """To a process and its children (PostgreSQL's are in sessions of their own)."""
    for pid in [child.popen.pid, *children_of(child.popen.pid)]:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def children_of(parent: int) -> list[int]:
    """The pids of its children."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(stat.parent.name))
    return found
