"""What time it is for the networks, which know nothing of the rest of the product."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The moment, aware and UTC."""
    return datetime.now(UTC)
