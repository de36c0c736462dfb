"""Addresses that belong to somebody's inside are not talked to, however they are written."""

import pytest

from app.networks.addresses import NotSentError, is_public, public_addresses
from app.networks.http import Rules

PRIVATE = [
    "127.0.0.1", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "198.18.0.1", "224.0.0.1",
    "255.255.255.255", "240.0.0.1", "192.0.0.8",
    "192.88.99.1", "::1", "::", "fe80::1", "fe80::1%lo", "fc00::1", "fd12::1", "fec0::1",
    "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "2002:7f00:1::", "2001:0:1::", "2001:db8::1", "100::1", "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e"])
def test_public(address: str) -> None:
    assert is_public(address)


def test_one_private_address_spoils_a_name() -> None:
    with pytest.raises(NotSentError, match="address_refused"):
        public_addresses("mixed.example", 443, lambda *_: ["93.184.215.14", "10.0.0.1"])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_refused_by_name_and_by_number(host: str) -> None:
    with pytest.raises(NotSentError, match="address_refused"):
        Rules("agent").addresses(host, 443)


def test_named_hosts_only_with_their_port() -> None:
    rules = Rules("agent", frozenset({"127.0.0.1:8123", "inside.example"}))
    assert rules.trusts("127.0.0.1", 8123)
    assert not rules.trusts("127.0.0.1", 8124)
    assert rules.trusts("Inside.example.", 443)
    assert not rules.trusts("inside.example", 6379)
