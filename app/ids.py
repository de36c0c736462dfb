"""Opaque ids."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A random id whose first 48 bits are the time in milliseconds (RFC 9562), so that indexes grow at one end."""
    millis = time.time_ns() // 1_000_000
    value = (millis & (1 << 48) - 1) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)
