"""No test talks to another machine: anything but loopback is an error that no `except OSError` can swallow."""

import ipaddress
import socket
import sys
from typing import Any

LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "ip6-localhost", socket.gethostname()}


class NotLoopback(RuntimeError):
    """A test tried to leave this machine."""


def hold() -> None:
    """Refuse, for the rest of this process, to connect to or look up anything but this machine."""
    sys.addaudithook(_check)


def _check(event: str, arguments: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.sendto"):
        connection, address = arguments
        if connection.family in (socket.AF_INET, socket.AF_INET6):
            _need_local(address[0])
    elif event == "socket.getaddrinfo":
        _need_local(arguments[0])


def _need_local(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host or ""
    if name in LOCAL_NAMES or name.endswith(".localhost"):
        return
    try:
        local = ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NotLoopback(f"tests must not leave this machine, but something wanted {name!r}")
