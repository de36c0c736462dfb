"""PostgreSQL and the broker of one run: found, made and started, or left alone when their addresses are given."""

import os
from collections.abc import Mapping
from pathlib import Path

from app.embedded import account, binaries, broker, ports, postgres
from app.embedded.directory import DataDirectory
from app.embedded.supervisor import Supervisor


def given(name: str, env: Mapping[str, str] = os.environ) -> bool:
    """Whether the operator set this (as NAME or as NAME_FILE)."""
    return bool(env.get(name, "").strip() or env.get(f"{name}_FILE"))


class Servers:
    """What this run has to start of the two, and their addresses."""

    def __init__(self, data: DataDirectory, supervisor: Supervisor, secrets: Mapping[str, str]) -> None:
        self._supervisor = supervisor
        self._secrets = secrets
        postgres_program = None if given("DATABASE_URL") else binaries.find_postgres()
        redis_program = None if given("REDIS_URL") or _redis_as_broker() else binaries.find_redis()
        self._account = account.unprivileged() if postgres_program or redis_program else None
        self._home = data.servers(self._account) if postgres_program or redis_program else data.path
        self._ports = ports.pick(2)
        self.cluster = self._cluster(postgres_program) if postgres_program else None
        self.broker = self._broker(redis_program) if redis_program else None

    def _cluster(self, program: binaries.Program) -> postgres.Cluster:
        return postgres.Cluster(binaries.reachable(program, self._account, self._home), self._home, self._account)

    def _broker(self, program: binaries.Program) -> broker.Broker:
        within_reach = binaries.reachable(program, self._account, self._home)
        return broker.Broker(within_reach, self._home, self._secrets["BROKER_PASSWORD"], self._account)

    def addresses(self) -> dict[str, str]:
        """DATABASE_URL and REDIS_URL of what we start."""
        found = {}
        if self.cluster:
            found["DATABASE_URL"] = postgres.url(self._ports[0], self._secrets["DATABASE_PASSWORD"])
        if self.broker:
            found["REDIS_URL"] = broker.url(self._ports[1], self._secrets["BROKER_PASSWORD"])
        elif not given("REDIS_URL"):
            found["REDIS_URL"] = os.environ["BROKER_URL"]
        return found

    def labels(self) -> str:
        """What runs, for a person."""
        return " and ".join(part.program.label for part in (self.cluster, self.broker) if part) or "the servers that were given"

    def launch(self) -> None:
        """Start both side by side."""
        if self.broker:
            self._supervisor.start(self.broker.service(self._ports[1]))
        if self.cluster:
            self._launch_database(self.cluster)

    def _launch_database(self, cluster: postgres.Cluster) -> None:
        if not cluster.exists():
            self.done_marks().unlink(missing_ok=True)
            cluster.create(
                self._supervisor,
                admin_password=self._secrets["DATABASE_ADMIN_PASSWORD"],
                password=self._secrets["DATABASE_PASSWORD"],
            )
        self._database = self._supervisor.start(cluster.service(self._ports[0]))

    def wait(self) -> None:
        """Until they answer."""
        if self.cluster:
            cluster, child = self.cluster, self._database
            self._supervisor.wait_until(lambda: cluster.ready(child), what="PostgreSQL", timeout=120)
        if self.broker:
            running, port = self.broker, self._ports[1]
            self._supervisor.wait_until(lambda: running.ready(port), what="the broker")

    def done_marks(self) -> Path:
        """What has been done to this database already; lies beside it, so that both go together."""
        return self._home / f"{self.cluster.directory.name if self.cluster else 'given'}.done.json"


def _redis_as_broker() -> bool:
    return os.environ.get("BROKER_URL", "").startswith(("redis://", "rediss://"))
