"""A RabbitMQ of our own, where one is installed: its node, its names daemon and its files are ours alone."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.embedded import account, ports
from app.embedded.process import Child, Service
from tests.faults.ground import Ground

# The plain program; what lies in /usr/sbin insists on the system's own user and directories.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
NAMES = shutil.which("epmd")
INSTALLED = PROGRAM.exists() and NAMES is not None
LOOPBACK = "127.0.0.1"


class RabbitMQ:
    """One broker; `kill` and `start` as often as one likes, its queues survive."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._account = ground, account.unprivileged()
        self._port, self._nodes_port, self._names_port = ports.pick(3)
        self._home = ground.home / "rabbitmq"
        self._home.mkdir(exist_ok=True)
        account.give(self._account, self._home)
        self._names = self._run("epmd", (str(NAMES), "-port", str(self._names_port), "-address", LOOPBACK))

    @property
    def url(self) -> str:
        """As BROKER_URL takes it."""
        return f"amqp://guest:guest@{LOOPBACK}:{self._port}//"

    def start(self) -> None:
        """Returns when it takes connections."""
        self._server = self._run("rabbitmq", (str(PROGRAM),))
        self._ground.wait(self._answers, "RabbitMQ")

    def kill(self) -> None:
        """`kill -9`."""
        self._end(self._server)

    def close(self) -> None:
        """Nothing of it is left."""
        self._end(self._server)
        self._end(self._names)

    def _run(self, name: str, command: tuple[str, ...]) -> Child:
        service = Service(name, command, self._environment(), self._home, account=self._account, stage=4)
        return self._ground.supervisor.start(service)

    def _environment(self) -> dict[str, str]:
        files = {"MNESIA_BASE": "data", "LOG_BASE": "log", "ENABLED_PLUGINS_FILE": "plugins", "CONFIG_FILE": "config"}
        return {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(self._home),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self._names_port),
            "RABBITMQ_NODENAME": f"faults{self._port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_NODE_PORT": str(self._port),
            "RABBITMQ_DIST_PORT": str(self._nodes_port),
            **{f"RABBITMQ_{name}": str(self._home / file) for name, file in files.items()},
        }

    def _answers(self) -> bool:
        assert not self._server.ended(), self._server.last_lines()
        try:
            with socket.create_connection((LOOPBACK, self._port), timeout=1) as connection:
                connection.sendall(b"AMQP\x00\x00\x09\x01")
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def _end(self, child: Child) -> None:
        child.kill_group()
        child.popen.wait()
        self._ground.supervisor.children.remove(child)


@contextmanager
def instead_of_redis(ground: Ground) -> Iterator[RabbitMQ]:
    """The crew's messages go through it for as long as the block lasts; Redis only counts."""
    broker = RabbitMQ(ground)
    broker.start()
    ground.dismiss()
    ground.environment["BROKER_URL"] = broker.url
    try:
        ground.full_crew()
        yield broker
    finally:
        ground.dismiss()
        del ground.environment["BROKER_URL"]
        broker.close()
