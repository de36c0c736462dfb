"""Encryption at rest for tokens and client secrets.

Keys come from ENCRYPTION_KEYS, newest first: the first one writes, all of them read, so a key is rotated by putting a new one in front,
running `python3 run.py reseal`, and taking the old one away.
"""

import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from sqlalchemy import Dialect, LargeBinary
from sqlalchemy.types import TypeDecorator

import config


class Unreadable(Exception):
    """No present key opens this value."""


@lru_cache(maxsize=4)
def _keys(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(value: Any) -> bytes:
    """Encrypt a JSON value with the newest key."""
    return _keys(config.settings().encryption_keys).encrypt(json.dumps(value).encode())


def unseal(sealed: bytes) -> Any:
    """Decrypt what `seal` made; raises Unreadable when the key is gone."""
    try:
        return json.loads(_keys(config.settings().encryption_keys).decrypt(sealed))
    except InvalidToken as error:
        raise Unreadable("no key in ENCRYPTION_KEYS opens this value") from error


class Lost(dict[str, Any]):
    """What a column gives when no present key opens it: empty, so that one lost row stops no other. It is never written back by itself."""


def is_lost(value: object) -> bool:
    """Whether this value's key is gone; `ENCRYPTION_KEYS` has to name it again, or the value has to be made anew."""
    return isinstance(value, Lost)


class Sealed(TypeDecorator[Any]):
    """A column that holds a JSON value encrypted. What cannot be opened is read as `Lost`."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Any, _dialect: Dialect) -> bytes | None:
        """Encrypt on the way in."""
        return None if value is None else seal(value)

    def process_result_value(self, value: Any, _dialect: Dialect) -> Any:
        """Decrypt on the way out."""
        if value is None:
            return None
        try:
            return unseal(bytes(value))
        except Unreadable:
            return Lost()
