"""The PostgreSQL and the Valkey of one test session, started with the product's own supervisor and thrown away at the end."""

import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from app.embedded import account, binaries, broker, ports, postgres
from app.embedded.process import Child
from app.embedded.supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache" / "test-clusters"
CACHES_KEPT = 4
PASSWORD = "outspoken-tests"
MEMORY = Path("/dev/shm")
MEMORY_NEEDED = 512 * 1024 * 1024
_homes = itertools.count(1)
# Nothing here has to survive: the fastest PostgreSQL there is.
FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "128MB",
    "max_connections": "100",
}
TEST_KEYS = {
    "SECRET_KEY": "a secret key for tests only",
    "ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    "OUTSPOKEN_ENV": "development",
    "BASE_URL": "http://localhost",
}


@dataclass(frozen=True)
class Addresses:
    """What a test process must know. `admin` may create databases; `owner` is the role of the product."""

    admin: str
    owner: str
    redis: str
    template: str

    def database(self, name: str) -> "Addresses":
        """The same servers, with the owner's address pointing at this database."""
        return Addresses(_with_path(self.admin, name), _with_path(self.owner, name), self.redis, self.template)

    def as_dict(self) -> dict[str, str]:
        """For sending to another process."""
        return asdict(self)


class Servers:
    """Both servers of this session; given ones are used and left alone."""

    def __init__(self) -> None:
        self._home = _new_home()
        self._logs = self._home.with_name(self._home.name + ".log")
        self._logs.mkdir()
        self._supervisor = Supervisor(self._logs)
        self._account = account.unprivileged()
        account.give(self._account, self._home)

    def start(self) -> Addresses:
        """Start what is not given; the template database is migrated when this returns."""
        template = f"template_{_fingerprint()}"
        redis = os.environ.get("TEST_REDIS_URL") or self.start_broker()
        given = os.environ.get("TEST_DATABASE_URL")
        if given:
            addresses = Addresses(given, given, redis, template)
            _migrate_template(addresses)
            return addresses
        return self._start_database(redis, template)

    def stop(self) -> None:
        """Stop at once and remove every trace."""
        self._supervisor.stop()
        shutil.rmtree(self._home, ignore_errors=True)
        shutil.rmtree(self._logs, ignore_errors=True)

    def start_broker(self) -> str:
        """Start the Redis; returns its address."""
        program = binaries.reachable(binaries.find_redis(), self._account, self._home)
        server, port = broker.Broker(program, self._home, PASSWORD, self._account), ports.pick(1)[0]
        self._supervisor.start(server.service(port, durable=False))
        self._supervisor.wait_until(lambda: server.ready(port), what="valkey")
        return broker.url(port, PASSWORD)

    def _start_database(self, redis: str, template: str) -> Addresses:
        program = binaries.reachable(binaries.find_postgres(), self._account, self._home)
        cluster, port = postgres.Cluster(program, self._home, self._account), ports.pick(1)[0]
        addresses = Addresses(
            postgres.url(port, PASSWORD, user=postgres.ADMIN, database="postgres"), postgres.url(port, PASSWORD), redis, template
        )
        cached = CACHE / f"{'.'.join(map(str, program.version))}-{template}"
        if cached.exists():
            _copy(cached, cluster.directory)
            self._run(cluster, port)
            return addresses
        fast = ("--no-sync", "--wal-segsize=1")
        cluster.create(self._supervisor, admin_password=PASSWORD, password=PASSWORD, options=fast)
        child = self._run(cluster, port)
        _migrate_template(addresses)
        child.popen.send_signal(signal.SIGINT)
        child.popen.wait()
        self._supervisor.children.remove(child)
        _keep(cluster.directory, cached)
        self._run(cluster, port)
        return addresses

    def _run(self, cluster: postgres.Cluster, port: int) -> Child:
        extra = {"io_method": "sync"} if cluster.program.version[0] >= 18 else {}
        child = self._supervisor.start(cluster.service(port, options=FAST | extra, stop_signal=signal.SIGQUIT))
        self._supervisor.wait_until(lambda: cluster.ready(child), what="PostgreSQL")
        return child


def create_database(addresses: Addresses, name: str) -> Addresses:
    """A fresh copy of the migrated template for one test process."""
    owner = urlsplit(addresses.owner).username or ""
    with psycopg.connect(addresses.admin, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        statement = "CREATE DATABASE {} TEMPLATE {} OWNER {} STRATEGY file_copy"
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, (name, addresses.template, owner))))
    return addresses.database(name)


@contextmanager
def another_redis() -> Iterator[str]:
    """The address of a Redis that no other test uses: for those that fill it, stall it or cut its connections."""
    servers = Servers()
    try:
        yield servers.start_broker()
    finally:
        servers.stop()


def environment(addresses: Addresses, worker_number: int) -> dict[str, str]:
    """The product's settings for one test process."""
    redis = _with_path(addresses.redis, str(worker_number))
    return {**TEST_KEYS, "DATABASE_URL": addresses.owner, "REDIS_URL": redis}


def _migrate_template(addresses: Addresses) -> None:
    """Make the template once: under another name until its migrations have all run."""
    owner, fresh = urlsplit(addresses.owner).username or "", f"{addresses.template}_{os.getpid()}"
    with psycopg.connect(addresses.admin, autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [addresses.template]).fetchone():
            return
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(fresh), sql.Identifier(owner)))
        env = os.environ | environment(addresses.database(fresh), 0)
        subprocess.run([sys.executable, "-m", "app", "migrate"], cwd=ROOT, env=env, check=True)
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(fresh), sql.Identifier(addresses.template))
        try:
            connection.execute(rename)
        except psycopg.errors.DuplicateDatabase:
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(fresh)))


def _fingerprint() -> str:
    """Changes with every migration and every model."""
    digest = hashlib.sha256()
    for file in _schema_files():
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:16]


def _schema_files() -> Iterator[Path]:
    yield from sorted((ROOT / "migrations").rglob("*.py"))
    yield from sorted((ROOT / "app").rglob("*models.py"))
    yield ROOT / "app" / "migrate.py"


def _new_home() -> Path:
    """In memory when there is room; directories that killed sessions left behind are removed first."""
    roomy = MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_NEEDED
    base = MEMORY if roomy else Path(tempfile.gettempdir())
    for old in base.glob("outspoken-tests-*"):
        if not Path(f"/proc/{old.name.split('-')[2].partition('.')[0]}").exists() and Path("/proc/self").exists():
            shutil.rmtree(old, ignore_errors=True)
    home = base / f"outspoken-tests-{os.getpid()}.{next(_homes)}"
    home.mkdir(mode=0o700)
    return home


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def _keep(cluster: Path, cached: Path) -> None:
    """Put a made cluster into the cache, in one step, and drop the oldest ones."""
    CACHE.mkdir(parents=True, exist_ok=True)
    fresh = CACHE / f"new-{os.getpid()}"
    _copy(cluster, fresh)
    try:
        fresh.rename(cached)
    except OSError:
        shutil.rmtree(fresh)
    for old in sorted(CACHE.glob("*-template_*"), key=lambda path: path.stat().st_mtime, reverse=True)[CACHES_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _with_path(url: str, path: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))
