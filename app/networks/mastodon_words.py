"""What a Mastodon-API server says about its limits: `Retry-After` and the `X-RateLimit-*` headers, in every form that is seen."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from app.networks.clock import utc_now
from app.networks.faults import RateLimited, Scope
from app.networks.rates import Budget

USUAL_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(days=1)


def rate_limited(headers: Mapping[str, str], *, personal: bool, upload: bool, detail: str) -> RateLimited:
    """The pause in a throttled answer; at least a second, at most a day. `personal`: the request carried somebody's token."""
    now = utc_now()
    until = named_moment(headers, now)
    wanted = until or now + USUAL_WAIT
    bounded = min(max(wanted, now + timedelta(seconds=1)), now + LONGEST_WAIT)
    return RateLimited(bounded, scope_of(headers, personal=personal, upload=upload), detail, said=until is not None)


def named_moment(headers: Mapping[str, str], now: datetime) -> datetime | None:
    """When the server says that it goes on. A reset counts only when nothing is left until then: else it speaks of another limit."""
    told = moment(headers.get("Retry-After", ""), now)
    if told is None and _left(headers) in (None, 0):
        told = moment(headers.get("X-RateLimit-Reset", ""), now)
    return told


def scope_of(headers: Mapping[str, str], *, personal: bool, upload: bool) -> Scope:
    """Whom a throttled answer means. Mastodon counts what carries a token by its account, and uploads by themselves; it says so in
    `X-RateLimit-*`. An answer without those comes from what stands before the server and counts addresses: all of us.
    """
    if not personal or not any(name.lower().startswith("x-ratelimit-") for name in headers) or (_left(headers) or 0) > 0:
        return "instance"
    return "uploads" if upload else "user"


def budget(headers: Mapping[str, str]) -> Budget | None:
    """What a successful answer says is left to its account; None when it says nothing that can be used."""
    left, resets_at = _left(headers), moment(headers.get("X-RateLimit-Reset", ""), utc_now())
    return None if left is None or resets_at is None else Budget("user", left, min(resets_at, utc_now() + LONGEST_WAIT))


def moment(value: str, now: datetime) -> datetime | None:
    """A header's moment: seconds from now, seconds since 1970, an HTTP date, or ISO 8601."""
    value = value.strip()
    try:
        number = float(value)
    except ValueError:
        return _date(value)
    if not 0 <= number < 4e9:
        return None
    return datetime.fromtimestamp(number, UTC) if number > 1e9 else now + timedelta(seconds=min(number, 1e7))


def _date(value: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(value)
        except (ValueError, TypeError, IndexError):
            continue
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def _left(headers: Mapping[str, str]) -> int | None:
    value = headers.get("X-RateLimit-Remaining", "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
