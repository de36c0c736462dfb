"""A server that speaks TLS in front of the practice network, well or badly."""

import select
import socket
import ssl
import threading
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests import certificates

HOST = "127.0.0.1"
WELL, STRANGER, HANGS_UP, NO_TLS = "well", "a stranger's certificate", "hangs up in the handshake", "speaks no TLS"


class Front:
    """Use it in a `with`. `manner` says how it greets from now on; what has been greeted well is passed on."""

    def __init__(self, port: int, home: Path) -> None:
        self._port, self.manner = port, WELL
        self.certificate = certificates.write(home / "front.pem", HOST)
        known, stranger = self.certificate, certificates.write(home / "stranger.pem", HOST)
        self._speech = {WELL: certificates.server(known), STRANGER: certificates.server(stranger)}
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self.host = f"{HOST}:{self._listener.getsockname()[1]}"
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._listener.settimeout(0.1)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(5)
        self._listener.close()

    def _accept(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                raw, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(raw, self.manner), daemon=True).start()

    def _serve(self, raw: socket.socket, manner: str) -> None:
        with closing(raw), suppress(OSError):
            raw.settimeout(60)
            if manner in self._speech:
                with self._speech[manner].wrap_socket(raw, server_side=True) as inside:
                    _pass_on(inside, self._port)
            elif manner == NO_TLS:
                raw.recv(65536)
                raw.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            else:
                raw.recv(1)


def _pass_on(inside: ssl.SSLSocket, port: int) -> None:
    """Until one of them has nothing more to say."""
    with socket.create_connection((HOST, port), timeout=60) as outside:
        other = {inside: outside, outside: inside}
        while True:
            for one in [inside] if inside.pending() else select.select([inside, outside], [], [], 60)[0]:
                piece = one.recv(65536)
                if not piece:
                    return
                other[one].sendall(piece)
