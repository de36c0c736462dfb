"""Servers that misbehave on the wire: each answers every connection with one function that has the bare socket."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket, bytes], None]


@dataclass
class Wild:
    """A running server and the requests it has read so far."""

    port: int
    requests: list[bytes] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"


@contextmanager
def wild_server(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Iterator[Wild]:
    """A server on loopback that reads one request per connection and then does as told."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        server = Wild(listener.getsockname()[1])
        listener.settimeout(0.1)
        over = threading.Event()
        thread = threading.Thread(target=_accept, args=(listener, server, behave, tls, over), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            thread.join(5)


def _accept(listener: socket.socket, server: Wild, behave: Behaviour, tls: ssl.SSLContext | None, over: threading.Event) -> None:
    while not over.is_set():
        with suppress(TimeoutError):
            raw, _ = listener.accept()
            threading.Thread(target=_serve, args=(raw, server, behave, tls), daemon=True).start()


def _serve(raw: socket.socket, server: Wild, behave: Behaviour, tls: ssl.SSLContext | None) -> None:
    raw.settimeout(10)
    with closing(raw), suppress(OSError):
        connection = tls.wrap_socket(raw, server_side=True) if tls else raw
        with closing(connection):
            request = connection.recv(65536)
            server.requests.append(request)
            behave(connection, request)


def answering(head: str, body: bytes = b"") -> Behaviour:
    """One answer with a Content-Length, then goodbye."""

    def behave(connection: socket.socket, request: bytes) -> None:
        del request
        connection.sendall(f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)

    return behave


def redirecting(location: str) -> Behaviour:
    """Off to another address."""
    return answering(f"302 Found\r\nLocation: {location}")


def endless(head: str, piece: bytes) -> Behaviour:
    """A body that does not end."""

    def behave(connection: socket.socket, request: bytes) -> None:
        del request
        connection.sendall(f"HTTP/1.1 {head}\r\nConnection: close\r\n\r\n".encode())
        while True:
            connection.sendall(piece)

    return behave
