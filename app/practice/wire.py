"""The wire: HTTP/1.1 on a thread for each connection, with the socket in our hands so that answers can go missing.

Connections stay open between requests. Requests are read whole before anything happens, so a fault may do the work,
or not, and then close the connection without a byte.
"""

import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from io import BytesIO
from socket import SHUT_RDWR, socket
from socketserver import TCPServer, ThreadingMixIn
from threading import Condition
from typing import Any
from urllib.parse import unquote_to_bytes

from app.practice import grants
from app.practice.faults import Fault, Reply, misbehave
from app.practice.pacing import iso
from app.practice.site import UPLOAD_LIMIT, Site

Application = Callable[[dict[str, Any], Callable[..., Any]], Any]
DRIP = 64


class Wire(ThreadingMixIn, TCPServer):
    """A server that knows its open connections, so that it can end them."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], site: Site) -> None:
        super().__init__(address, _Handler)
        self.site = site
        self.application: Application | None = None
        self._open: set[socket] = set()
        self._change = Condition()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Note the connection, then serve it on its thread."""
        with self._change:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection and forget it."""
        super().shutdown_request(request)
        with self._change:
            self._open.discard(request)
            self._change.notify_all()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up(self, seconds: float = 5) -> None:
        """Close all connections and wait until their threads have let go."""
        with self._change:
            for connection in self._open:
                _hang_up(connection)
            self._change.wait_for(lambda: not self._open, seconds)


def _hang_up(connection: socket) -> None:
    try:
        connection.shutdown(SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    server: Wire
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "practice", ""
    timeout = 75
    wbufsize = -1
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        body = self._body()
        if body is None:
            return
        site, path = self.server.site, unquote_to_bytes(self.path.partition("?")[0]).decode("utf-8", "replace")
        if path.startswith("/_practice/"):
            self._send(self._call(path, body))
            return
        at, account = site.now(), self._account()
        fault = site.faults.for_request(self.command, path, account)
        reply = self._with(fault, path, body)
        site.journal.note(
            at=iso(at),
            method=self.command,
            path=path,
            account=account,
            idempotency_key=self.headers.get("Idempotency-Key"),
            user_agent=self.headers.get("User-Agent"),
            status=reply.status if reply else None,
            fault=fault.kind if fault else None,
        )
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = _answer  # noqa: N815 - names of the base

    def _with(self, fault: Fault | None, path: str, body: bytes) -> Reply | None:
        if fault is None:
            return self._call(path, body)
        site = self.server.site
        do, reset = (lambda: self._call(path, body)), (lambda seconds: iso(site.now() + seconds))
        return misbehave(fault, do, url=self.path, faults=site.faults, reset=reset)

    def _account(self) -> str | None:
        kind, _, token = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        with self.server.site.storage.opened() as db:
            row = grants.token(db, token.strip())
        return row["username"] if row else None

    def _body(self) -> bytes | None:
        """The whole body; too much is read to its end, thrown away and answered with 413."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            self.close_connection = True
            self.send_error(411)
            return None
        length = self.headers.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            self.close_connection = True
            self.send_error(400)
            return None
        if int(length) <= UPLOAD_LIMIT:
            return self.rfile.read(int(length))
        self._skip(int(length))
        self.close_connection = True
        self._send(Reply(413, (("Content-Type", "application/json"),), b'{"error":"Payload too large"}'))
        return None

    def _skip(self, length: int) -> None:
        while length > 0 and (piece := self.rfile.read(min(length, 65536))):
            length -= len(piece)

    def _call(self, path: str, body: bytes) -> Reply:
        assert self.server.application is not None
        started: list[Any] = []
        chunks = self.server.application(self._environ(path, body), lambda *start: started.append(start))
        try:
            content = b"".join(chunks)
        finally:
            getattr(chunks, "close", lambda: None)()
        status, headers = started[-1][:2]
        return Reply(int(status.split(" ", 1)[0]), tuple(headers), content)

    def _environ(self, path: str, body: bytes) -> dict[str, Any]:
        host, port = self.server.server_address[:2]
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": path.encode().decode("latin-1"),
            "QUERY_STRING": self.path.partition("?")[2],
            "SERVER_NAME": host,
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": self.server.site.base_url.partition(":")[0],
            "wsgi.input": BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = "HTTP_" + name.upper().replace("-", "_")
            if "_" not in name and key not in ("HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"):
                environ[key] = f"{environ[key]},{value}" if key in environ else value
        return environ

    def _send(self, reply: Reply | None) -> None:
        if reply is None:
            self.close_connection = True
            _hang_up(self.connection)
            return
        if not reply.status:
            self._break_off(reply.body)
            return
        self.send_response(reply.status)
        for name, value in reply.headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        bodiless = self.command == "HEAD" or reply.status in (204, 304)
        if not bodiless:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if reply.cut:
            self._break_off(reply.body[: len(reply.body) // 2])
            return
        self._write(b"" if bodiless else reply.body, reply.drip)

    def _break_off(self, last: bytes) -> None:
        self.close_connection = True
        self._write(last, None)
        _hang_up(self.connection)

    def _write(self, body: bytes, drip: float | None) -> None:
        size = len(body) if drip is None else DRIP
        for at in range(0, len(body), size or 1):
            self.wfile.write(body[at : at + size])
            if drip is not None:
                self.wfile.flush()
                self.server.site.faults.stopping.wait(drip)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the journal has it."""
