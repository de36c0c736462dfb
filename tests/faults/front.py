"""A server that speaks TLS in front of the practice network, well or badly."""

import random
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
NOTHING, NONSENSE, REDIRECTS, CUTS = "answers nothing", "answers nonsense", "redirects", "cuts its answers"
BADLY = (STRANGER, HANGS_UP, NO_TLS, NOTHING, NONSENSE, REDIRECTS, CUTS)
NO_TLS_ANSWER = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"


class Front:
    """Use it in a `with`. `manner` says how it greets and answers from now on; with WELL all is passed on. Reached by `name`."""

    def __init__(self, port: int, home: Path, *, name: str = HOST) -> None:
        self._port, self.manner, self.name = port, WELL, name
        self.certificate = certificates.write(home / "front.pem", name)
        known, stranger = self.certificate, certificates.write(home / "stranger.pem", name)
        self._known, self._stranger = certificates.server(known), certificates.server(stranger)
        self._listener = socket.create_server((HOST, 0), backlog=128)
        self.host = f"{name}:{self._listener.getsockname()[1]}"
        self._over, self._open = threading.Event(), set[socket.socket]()

    def __enter__(self) -> Self:
        self._listener.settimeout(0.1)
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join(5)
        self._listener.close()
        self.hang_up()

    def hang_up(self) -> None:
        """All connections end, in the middle of whatever is said over them."""
        for one in list(self._open):
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._over.is_set():
            with suppress(TimeoutError):
                raw, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(raw, self.manner), daemon=True).start()

    def _serve(self, raw: socket.socket, manner: str) -> None:
        with closing(raw), suppress(OSError):
            raw.settimeout(60)
            if manner == HANGS_UP:
                raw.recv(1)
            elif manner == NO_TLS:
                raw.recv(65536)
                raw.sendall(NO_TLS_ANSWER)
            else:
                with (self._stranger if manner == STRANGER else self._known).wrap_socket(raw, server_side=True) as inside:
                    self._speak(inside, manner)

    def _speak(self, inside: ssl.SSLSocket, manner: str) -> None:
        self._open.add(inside)
        try:
            if manner in (WELL, STRANGER, CUTS):
                _pass_on(inside, self._port, cut=manner == CUTS)
            elif inside.recv(65536):
                inside.sendall(_answer(manner))
        finally:
            self._open.discard(inside)


def _answer(manner: str) -> bytes:
    if manner == NONSENSE:
        return bytes(range(256))
    status = random.choice((301, 302, 307, 308))
    return f"HTTP/1.1 {status} Moved\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n".encode() if manner == REDIRECTS else b""


def _pass_on(inside: ssl.SSLSocket, port: int, *, cut: bool) -> None:
    """Until one of them has nothing more to say; with `cut`, until half of the first piece of an answer."""
    with socket.create_connection((HOST, port), timeout=60) as outside:
        other = {inside: outside, outside: inside}
        while True:
            for one in [inside] if inside.pending() else select.select([inside, outside], [], [], 60)[0]:
                piece = one.recv(65536)
                ends = not piece or (cut and one is outside)
                other[one].sendall(piece[: len(piece) // 2] if ends else piece)
                if ends:
                    return
