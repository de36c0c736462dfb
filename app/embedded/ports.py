"""Ports on loopback."""

import errno
import random
import socket

from app.embedded.failures import StartFailed

LOOPBACK = "127.0.0.1"
# Below every system's range for outgoing connections, so that none of those takes a port between our look and the server's start.
INNER = range(20000, 30000)


def is_free(port: int) -> bool:
    """Whether a server could listen there now."""
    return _refusal(port) == 0


def _refusal(port: int) -> int:
    with socket.socket() as attempt:
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((LOOPBACK, port))
        except OSError as error:
            return error.errno or errno.EADDRINUSE
    return 0


def need(port: int, *, purpose: str, way_out: str) -> int:
    """This very port, or the sentence that says what to do."""
    refusal = _refusal(port)
    if refusal == errno.EACCES:
        raise StartFailed(f"Port {port} for {purpose} is reserved for root: {way_out}.")
    if refusal:
        raise StartFailed(f"Port {port} for {purpose} is taken: {way_out}.")
    return port


def pick(count: int) -> list[int]:
    """Some free ports for servers that only we talk to."""
    found = [port for port in random.sample(INNER, 200) if is_free(port)]
    return found[:count]
