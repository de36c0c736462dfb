"""A small load generator: one process, raw sockets, kept-open connections; it costs the machine as little as it can."""

import contextlib
import select
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

READ = 65536


@dataclass
class Outcome:
    """What came back: complete answers by status, and how long each took, in seconds."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    broken: int = 0

    @property
    def rate(self) -> float:
        """Complete answers a second."""
        return len(self.waits) / self.seconds

    def wait(self, share: float) -> float:
        """The milliseconds within which this share of the answers came."""
        ordered = sorted(self.waits)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


class _Connection:
    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.got = b""

    def ask(self, request: bytes) -> None:
        self.got = b""
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def status(self) -> int | None:
        """The status when the answer is complete; ConnectionError when it never will be."""
        some = self.socket.recv(READ)
        if not some:
            raise ConnectionError
        self.got += some
        head, end, body = self.got.partition(b"\r\n\r\n")
        return int(head[9:12]) if end and len(body) >= _length(head) else None


def _length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def drive(base_url: str, requests: Iterator[bytes], *, connections: int) -> Outcome:
    """Send every request, always one on each connection; connections that break are opened anew."""
    place = urlsplit(base_url)
    address = (place.hostname or "127.0.0.1", place.port or 80)
    outcome, poll = Outcome(), select.epoll()
    by_number: dict[int, _Connection] = {}

    def ask_next(connection: _Connection) -> None:
        request = next(requests, None)
        if request is None:
            leave(connection)
            return
        with contextlib.suppress(ConnectionError):  # its end is noticed where answers are read
            connection.ask(request)

    def leave(connection: _Connection) -> None:
        del by_number[connection.socket.fileno()]
        poll.unregister(connection.socket)
        connection.socket.close()

    def enter() -> None:
        connection = _Connection(address)
        by_number[connection.socket.fileno()] = connection
        poll.register(connection.socket, select.EPOLLIN)
        ask_next(connection)

    began = time.perf_counter()
    for _ in range(connections):
        enter()
    while by_number:
        for number, _ in poll.poll(10):
            connection = by_number[number]
            try:
                status = connection.status()
                if status is None:
                    continue
                outcome.waits.append(time.perf_counter() - connection.began)
                outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
                ask_next(connection)
            except ConnectionError:
                outcome.broken += 1
                leave(connection)
                enter()
    outcome.seconds = time.perf_counter() - began
    return outcome
