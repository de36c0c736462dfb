"""The sockets below every request that leaves: to an address that was checked, and read until a moment, however slowly they drip."""

import http.client
import io
import socket
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from app.networks.addresses import NotSentError
from app.networks.clock import steady

if TYPE_CHECKING:
    from app.networks.http import Rules

WRITE_SECONDS = 120.0
MAX_ADDRESSES = 4
_leave_by: ContextVar[float | None] = ContextVar("leave_by", default=None)


@contextmanager
def leaving_within(seconds: float) -> Iterator[None]:
    """A request made in this block leaves within so many seconds, or it is a NotSentError("late"), however long the name server and the
    connection have taken, and however long this process was stopped meanwhile.
    """
    before = _leave_by.set(steady() + seconds)
    try:
        yield
    finally:
        _leave_by.reset(before)


class _TimedReader(io.RawIOBase):
    """Reads from a socket until a moment, so that no trickle of bytes can go on for ever."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: float) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        self._sock.settimeout(left)
        return cast("int | None", self._raw.readinto(buffer))

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, seconds: float, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        reader = _TimedReader(self.fp.detach(), sock, time.monotonic() + seconds)
        self.fp = io.BufferedReader(reader)


class _CheckedConnection(HTTPConnection):
    """Connects to a checked address; whatever fails before the request leaves is a NotSentError."""

    rules: "Rules"

    def _new_conn(self) -> socket.socket:
        host, port = self._dns_host.strip("[]"), self.port or self.default_port
        return _dial(self.rules.addresses(host, port), port, cast("float", self.timeout), self.socket_options or ())

    def connect(self) -> None:
        try:
            super().connect()
        except (OSError, HTTPError, ValueError) as error:
            code = "tls" if isinstance(error, (ssl.SSLError, HTTPError, ValueError)) else "connect"
            raise NotSentError(code, self.host) from error
        self.sock.settimeout(WRITE_SECONDS)

    def request(self, *args: Any, **options: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(WRITE_SECONDS)
        super().request(*args, **options)

    def send(self, data: Any) -> None:
        """Asked just before each piece leaves: without its end nobody can act on a request."""
        if self.sock is None:
            self.connect()
        until = _leave_by.get()
        if until is not None and steady() > until:
            raise NotSentError("late", self.host)
        super().send(data)

    def getresponse(self) -> Any:
        self.response_class = partial(_TimedResponse, seconds=cast("float", self.timeout))  # type: ignore[assignment]
        return super().getresponse()


class _CheckedTLSConnection(_CheckedConnection, HTTPSConnection):
    pass


def _dial(addresses: list[str], port: int, seconds: float, options: Iterable[Any]) -> socket.socket:
    """A connection to the first address that answers, all within `seconds`."""
    deadline = time.monotonic() + seconds
    failure = OSError("no address answered")
    for address in addresses[:MAX_ADDRESSES]:
        try:
            sock = socket.create_connection((address, port), timeout=max(0.1, deadline - time.monotonic()))
        except OSError as error:
            failure = error
            continue
        for option in options:
            sock.setsockopt(*option)
        return sock
    raise failure


def pools(rules: "Rules") -> dict[str, Any]:
    """The pools of connections by scheme, all under these rules."""
    plain = type("PlainConnection", (_CheckedConnection,), {"rules": rules})
    secure = type("SecureConnection", (_CheckedTLSConnection,), {"rules": rules})
    return {
        "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }
