"""When a person's hours are open, as spans of seconds since 1970 in UTC. Pure; both nights of daylight saving are reckoned exactly."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

Span = tuple[int, int]

MINUTE, HOUR, DAY = 60, 3600, 86400
ROUND = 5 * MINUTE


@dataclass(frozen=True)
class Hours:
    """ISO weekdays, and from which minute of the local day until which; `own` when the person chose them and not the company's habit."""

    days: frozenset[int]
    from_minute: int
    until_minute: int
    on_days_off: bool = False
    own: bool = True


def openings(hours: Hours, zone: str, days_off: Collection[date], start: datetime, end: datetime) -> Iterator[Span]:
    """The spans between `start` and `end` in which the local clock shows one of these hours, in time, each reckoned when it is asked for.

    An hour that a night of daylight saving leaves out is not there; one that it repeats is there twice.
    """
    place = ZoneInfo(zone)
    first, last = int(start.timestamp()), int(end.timestamp())
    for day in days(start.astimezone(place).date(), end.astimezone(place).date()):
        if day.isoweekday() in hours.days and (hours.on_days_off or day not in days_off):
            for a, b in _on(day, hours, place):
                if max(a, first) < min(b, last):
                    yield max(a, first), min(b, last)


def days(first: date, last: date) -> Iterator[date]:
    """Every day from the first to the last."""
    for number in range((last - first).days + 1):
        yield first + timedelta(days=number)


def _on(day: date, hours: Hours, place: ZoneInfo) -> Iterator[Span]:
    """The open spans of one local day: one, or one on each side of a change of the clock."""
    midnight = datetime.combine(day, time(), tzinfo=UTC)
    opens, closes = (int(midnight.timestamp()) + minute * MINUTE for minute in (hours.from_minute, hours.until_minute))
    begin, end = _midnight(day, place), _midnight(day + timedelta(days=1), place)
    for a, b in _same_offset(begin, end, place):
        offset = _offset(a, place)
        if max(a, opens - offset) < min(b, closes - offset):
            yield max(a, opens - offset), min(b, closes - offset)


def _midnight(day: date, place: ZoneInfo) -> int:
    return int(datetime.combine(day, time(), tzinfo=place).timestamp())


def _offset(moment: int, place: ZoneInfo) -> int:
    return int((datetime.fromtimestamp(moment, place).utcoffset() or timedelta()).total_seconds())


def _same_offset(begin: int, end: int, place: ZoneInfo) -> list[Span]:
    """The day in pieces of one offset each; clocks change at most once a day."""
    before = _offset(begin, place)
    if before == _offset(end - 1, place):
        return [(begin, end)]
    low, high = begin, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, place) == before else (low, middle)
    return [(begin, high), (high, end)]


def calm(spans: Iterable[Span]) -> list[Span]:
    """The same without the minutes that people and machines like to round to: :00, :05, :10 ... (every zone is whole five minutes off)."""
    found = []
    for a, b in spans:
        for start in range(a // ROUND * ROUND, b, ROUND):
            if max(a, start + MINUTE) < min(b, start + ROUND):
                found.append((max(a, start + MINUTE), min(b, start + ROUND)))
    return found


def without(spans: Sequence[Span], blocks: Iterable[Span]) -> list[Span]:
    """The spans, which are sorted, without what lies in a block."""
    closed, found, first = union(blocks), [], 0
    for a, b in spans:
        while first < len(closed) and closed[first][1] <= a:
            first += 1
        start = a
        for low, high in islice(closed, first, None):
            if low >= b:
                break
            if low > start:
                found.append((start, low))
            start = max(start, high)
        if start < b:
            found.append((start, b))
    return found


def union(spans: Iterable[Span]) -> list[Span]:
    """The spans as one sorted list in which none touches another."""
    found: list[Span] = []
    for a, b in sorted(spans):
        if found and a <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], b)
        else:
            found.append((a, b))
    return found


def near(spans: Iterable[Span], seconds: int) -> list[Span]:
    """What of them lies within this time of the first opening; the rest is not even asked for."""
    found: list[Span] = []
    for a, b in spans:
        until = (found[0][0] if found else a) + seconds
        if a >= until:
            break
        found.append((a, min(b, until)))
    return found


def length(spans: Iterable[Span]) -> int:
    """How many seconds they hold."""
    return sum(b - a for a, b in spans)
