"""Which addresses we may talk to. Names come from users, so every name is resolved here and every address is checked before a
connection.
"""

import ipaddress
import socket
from collections.abc import Callable, Collection

Resolver = Callable[[str, int], Collection[str]]
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_TUNNELS = (ipaddress.ip_network("2001::/32"), ipaddress.ip_network("2002::/16"))
_SPECIAL_V4 = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))


class NotSentError(Exception):
    """No byte of the request left: `code` is dns, connect, tls, late, address_refused or scheme_refused."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name, as the system's resolver gives them; an address stands for itself."""
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def public_addresses(host: str, port: int, resolver: Resolver = resolve) -> list[str]:
    """The addresses of a name when all of them are public; raises NotSentError("dns" or "address_refused")."""
    addresses = any_addresses(host, port, resolver)
    if not all(is_public(address) for address in addresses):
        raise NotSentError("address_refused", host)
    return addresses


def any_addresses(host: str, port: int, resolver: Resolver = resolve) -> list[str]:
    """The addresses of a name, unchecked; raises NotSentError("dns")."""
    try:
        addresses = list(resolver(host, port))
    except (OSError, UnicodeError) as error:
        raise NotSentError("dns", host) from error
    if not addresses:
        raise NotSentError("dns", host)
    return addresses


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet: not private, loopback, link-local, shared (CGNAT), multicast, reserved
    or a tunnel.
    """
    try:
        parsed = _unwrap(ipaddress.ip_address(address))
    except ValueError:
        return False
    if parsed.is_multicast or not parsed.is_global:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in special for special in _SPECIAL_V4)
    return parsed in _GLOBAL_V6 and not any(parsed in tunnel for tunnel in _TUNNELS)


def _unwrap(address: Address) -> Address:
    """The IPv4 address inside a mapped or NAT64 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address
