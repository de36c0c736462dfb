"""Time zones to choose from."""

from functools import lru_cache
from zoneinfo import available_timezones

REGIONS = ("Africa/", "America/", "Antarctica/", "Arctic/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/")


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """The names of all zones that stand for a place, and UTC, in their order."""
    return tuple(sorted(zone for zone in available_timezones() if zone.startswith(REGIONS) or zone == "UTC"))


def is_zone(name: str) -> bool:
    """Whether this is a zone that we can reckon with."""
    return name in zones()
