"""The running product of one test process: pages, worker, beat and practice network, on a database of its own."""

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
import requests

from app.embedded import ports, product
from app.embedded.process import Service
from app.embedded.supervisor import Supervisor
from tests import servers
from tests.servers import ROOT, Addresses

COMPANY = "Nordwerk"
CONTROL_TOKEN = "the practice network's own key"
UNDO_SECONDS = 4


@dataclass
class Running:
    """Start with `start`, end with `stop`; nothing of it survives this process."""

    shared: Addresses
    _logs: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="outspoken-browser-")))

    def __post_init__(self) -> None:
        web, practice = ports.pick(2)
        self.url, self.practice_url = f"http://localhost:{web}", f"http://127.0.0.1:{practice}"
        self._ports = web, practice
        self._supervisor = Supervisor(self._logs)
        self.addresses = servers.create_database(self.shared, f"browser_{os.getpid()}")

    def start(self) -> None:
        """Start everything; `wait` before the first page is asked for."""
        web, practice = self._ports
        env = self._environment()
        quick = ("--port", str(practice), "--base-url", self.practice_url, "--rate-limit", "0")
        self._start(Service("practice", (sys.executable, "-m", "app.practice", *quick), env, ROOT, stage=product.PRACTICE))
        one_process = ("web", "--port", str(web), "--workers", "1")
        pages = {**env, "GRANIAN_WORKERS_KILL_TIMEOUT": "3"}
        self._start(Service("web", (sys.executable, "-m", "app", *one_process), pages, ROOT, stage=product.FIRST_TO_STOP))
        self._start(replace(product.worker(env), ours=False))  # never a fork of the tests

    def wait(self) -> None:
        """The pages answer when this returns. Worker and beat come a moment later, and stories wait for what they do anyway."""
        self._supervisor.wait_until(self._answers, what="the product", timeout=90)

    def _start(self, service: Service) -> None:
        self._supervisor.start(service)

    def _environment(self) -> dict[str, str]:
        """What the processes are told. The practice network is the only server on a private address that they may ask."""
        return {
            **os.environ,
            "DATABASE_URL": self.addresses.owner,
            "REDIS_URL": _last_database(os.environ["REDIS_URL"]),
            "BASE_URL": self.url,
            "PRACTICE_URL": self.practice_url,
            "ALLOWED_PRIVATE_HOSTS": urlsplit(self.practice_url).netloc,
            "PRACTICE_CONTROL_TOKEN": CONTROL_TOKEN,
            "COMPANY_NAME": COMPANY,
            "UNDO_SECONDS": str(UNDO_SECONDS),
            "PYTHONUNBUFFERED": "1",
        }

    def _answers(self) -> bool:
        """Whether all is up; a web server that does not listen yet is not."""
        try:
            return requests.get(f"{self.url}/livez", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def stop(self) -> None:
        """End every process and drop the database."""
        self._supervisor.stop()
        shutil.rmtree(self._logs, ignore_errors=True)
        name = urlsplit(self.addresses.owner).path.removeprefix("/")
        with psycopg.connect(self.shared.admin, autocommit=True) as connection:
            drop = psycopg.sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
            connection.execute(drop.format(psycopg.sql.Identifier(name)))

    def said(self) -> str:
        """What each process wrote beyond its daily routine, for a test that failed."""
        lines = ((child.service.name, line) for child in self._supervisor.children for line in child.last_lines(2000).splitlines())
        return "\n".join(f"{name}: {line}" for name, line in lines if "INFO/" not in line)


def _last_database(url: str) -> str:
    """A database of this Redis that no other test process uses: they count from the front, we from the back."""
    parts = urlsplit(url)
    with redis.Redis.from_url(url) as connection:
        last = int(connection.config_get("databases")["databases"]) - 1
    address = urlunsplit(parts._replace(path=f"/{last - int(parts.path.removeprefix('/') or 0)}"))
    with redis.Redis.from_url(address) as connection:
        connection.flushdb()
    return address
