"""At which minute a share leaves that is left to us: the hours, the distance, the nights of daylight saving, and always the same answer."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.sharing import openings, pacing, spreading
from app.sharing.caps import Cap
from app.sharing.openings import Hours
from app.sharing.pacing import Minute, Wish
from app.sharing.spreading import Person

OFFICE = Hours(days=frozenset({1, 2, 3, 4, 5}), from_minute=8 * 60 + 30, until_minute=17 * 60 + 30)
ALWAYS = Hours(days=frozenset(range(1, 8)), from_minute=0, until_minute=1440)
LOOSE = Cap(per_hour=100, per_day=500, apart_minutes=12)
MONDAY = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)
# The clocks of these change in the nights of 28 March, 14 March and 4 April, and of 31 October, 7 November and 3 October 2027.
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata", "America/Havana")

hours = st.builds(
    lambda days, edges, off: Hours(frozenset(days), min(edges), max(edges), off),
    st.sets(st.integers(1, 7), min_size=1),
    st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda edges: abs(edges[0] - edges[1]) >= 10),
    st.booleans(),
)
moments = st.integers(0, 400 * 24 * 60).map(lambda minutes: MONDAY + timedelta(minutes=minutes))


def wish(
    about: Hours = OFFICE, zone: str = "Europe/Berlin", *, start: datetime = MONDAY, days: float = 30, off: Sequence[date] = ()
) -> Wish:
    return Wish(about, zone, frozenset(off), start, start + timedelta(days=days))


def chosen(of: Wish, *, taken: Sequence[datetime] = (), own: Sequence[datetime] = (), cap: Cap = LOOSE, seed: bytes = b"one") -> Minute:
    found = pacing.choose(of, taken=taken, own=own, cap=cap, seed=seed)
    assert found is not None
    return found


def fits(moment: datetime, of: Wish) -> bool:
    local = moment.astimezone(ZoneInfo(of.zone))
    minute = local.hour * 60 + local.minute
    open_day = local.isoweekday() in of.hours.days and (of.hours.on_days_off or local.date() not in of.days_off)
    return of.start <= moment <= of.end and open_day and of.hours.from_minute <= minute < of.hours.until_minute and local.minute % 5 != 0


@given(hours, st.sampled_from(ZONES), moments, st.floats(0.1, 40), st.binary(min_size=1, max_size=16))
@settings(max_examples=300, deadline=None)
def test_it_lies_in_the_persons_hours_and_never_on_a_round_minute(
    about: Hours, zone: str, start: datetime, days: float, seed: bytes
) -> None:
    of = wish(about, zone, start=start, days=days, off=[date(2027, 3, 1) + timedelta(days=7 * week) for week in range(60)])
    found = pacing.choose(of, taken=(), own=(), cap=LOOSE, seed=seed)
    if found is None:
        assert openings.calm(of.openings()) == []
    else:
        assert fits(found.moment, of)


@given(hours, st.sampled_from(ZONES), moments, st.floats(0.5, 10))
@settings(max_examples=150, deadline=None)
def test_what_is_open_is_exactly_what_the_local_clock_says(about: Hours, zone: str, start: datetime, days: float) -> None:
    """Minute by minute, through whatever the clocks do."""
    of = wish(about, zone, start=start, days=days)
    spans, place = list(of.openings()), ZoneInfo(zone)
    assert spans == openings.union(spans) or all(a[1] <= b[0] for a, b in pairwise(spans))
    for second in range(int(start.timestamp()), int((start + timedelta(days=days)).timestamp()), 1380):
        local = datetime.fromtimestamp(second, place)
        is_open = local.isoweekday() in about.days and about.from_minute <= local.hour * 60 + local.minute < about.until_minute
        assert any(a <= second < b for a, b in spans) == is_open


@pytest.mark.parametrize(
    ("zone", "day", "lost"),
    [
        ("Europe/Berlin", date(2027, 3, 28), 60),
        ("Europe/Berlin", date(2027, 10, 31), -60),
        ("America/New_York", date(2027, 3, 14), 60),
        ("America/New_York", date(2027, 11, 7), -60),
        ("Australia/Lord_Howe", date(2027, 10, 3), 30),
        ("Australia/Lord_Howe", date(2027, 4, 4), -30),
    ],
)
def test_the_nights_of_daylight_saving_have_the_minutes_that_they_have(zone: str, day: date, lost: int) -> None:
    night = Hours(frozenset({day.isoweekday()}), 60, 240)
    midnight = datetime.combine(day, datetime.min.time(), tzinfo=ZoneInfo(zone))
    spans = openings.openings(night, zone, (), midnight.astimezone(UTC), (midnight + timedelta(hours=8)).astimezone(UTC))
    assert openings.length(spans) == (180 - lost) * 60


@given(st.lists(moments, max_size=8), st.binary(min_size=1, max_size=16), st.sampled_from(ZONES))
@settings(max_examples=100, deadline=None)
def test_the_same_seed_and_neighbours_give_the_same_minute_in_any_order(taken: list[datetime], seed: bytes, zone: str) -> None:
    of = wish(zone=zone)
    assert chosen(of, taken=taken, seed=seed) == chosen(of, taken=taken[::-1], seed=seed)


@given(st.lists(st.binary(min_size=4, max_size=16), min_size=2, max_size=40, unique=True))
@settings(max_examples=60, deadline=None)
def test_one_after_the_other_nobody_is_nearer_than_it_says(seeds: list[bytes]) -> None:
    taken: list[datetime] = []
    for seed in seeds:
        found = chosen(wish(days=20), taken=taken, seed=seed)
        least = timedelta(seconds=found.why.distance)
        assert all(abs(found.moment - other) >= least for other in taken)
        assert found.why.distance == 720
        taken.append(found.moment)


def test_where_the_window_is_too_small_the_distance_shrinks_and_it_says_so() -> None:
    taken: list[datetime] = []
    for number in range(40):
        found = chosen(wish(days=0.25), taken=taken, seed=bytes([number]))
        taken.append(found.moment)
    assert len({one.replace(microsecond=0) for one in taken}) == 40
    assert (found.why.apart, found.why.distance < 720) == (720, True)
    assert found.near
    assert abs(found.near - found.moment) < timedelta(minutes=12)


def test_the_days_off_are_quiet_unless_the_person_says_otherwise() -> None:
    off = [date(2027, 3, day) for day in (1, 2, 3, 4)]
    assert chosen(wish(off=off)).moment.date() >= date(2027, 3, 5)
    anyway = Hours(OFFICE.days, OFFICE.from_minute, OFFICE.until_minute, on_days_off=True)
    assert chosen(wish(anyway, off=off)).moment.date() < date(2027, 3, 5)


def test_without_any_hours_in_the_window_there_is_no_minute() -> None:
    sunday = datetime(2027, 3, 7, tzinfo=UTC)
    assert pacing.choose(wish(start=sunday, days=0.9), taken=(), own=(), cap=LOOSE, seed=b"x") is None


@given(st.lists(st.binary(min_size=4, max_size=16), min_size=1, max_size=25, unique=True), st.integers(1, 3), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_one_person_never_has_more_than_the_cap_within_any_hour_or_day(seeds: list[bytes], per_hour: int, per_day: int) -> None:
    cap = Cap(per_hour, max(per_hour, per_day), 0)
    own: list[datetime] = []
    for seed in seeds:
        own = sorted([*own, chosen(wish(days=60), own=own, cap=cap, seed=seed).moment])
    for most, span in ((cap.per_hour, timedelta(hours=1)), (cap.per_day, timedelta(days=1))):
        assert all(later - sooner >= span for sooner, later in zip(own, own[most:], strict=False))


people = st.lists(
    st.tuples(st.binary(min_size=8, max_size=8), hours, st.sampled_from(ZONES)).map(
        lambda one: Person(wish(one[1], one[2], days=9), one[0])
    ),
    min_size=1,
    max_size=60,
    unique_by=lambda person: person.seed,
)


@given(people)
@settings(max_examples=80, deadline=None)
def test_many_at_once_are_in_their_hours_and_apart(found: list[Person]) -> None:
    minutes = spreading.spread(found, LOOSE, soon=pacing.SOON)
    assert minutes == spreading.spread(found, LOOSE, soon=pacing.SOON)
    for person, minute in zip(found, minutes, strict=True):
        assert minute is None if not openings.calm(person.wish.openings()) else minute is not None and fits(minute.moment, person.wish)
    known = sorted((one for one in minutes if one), key=lambda one: one.moment)
    for sooner, later in pairwise(known):
        least = min(sooner.why.distance, later.why.distance)
        assert later.moment - sooner.moment >= timedelta(seconds=least - 0.001)


@given(st.integers(1, 3000))
@settings(max_examples=25, deadline=None)
def test_a_crowd_is_spread_evenly_over_all_its_time(many: int) -> None:
    crowd = [Person(wish(days=9), number.to_bytes(4, "big")) for number in range(many)]
    found = [one for one in spreading.spread(crowd, LOOSE, soon=pacing.SOON) if one]
    assert len({one.moment for one in found}) == many
    room = openings.length(openings.calm(openings.near(crowd[0].wish.openings(), pacing.SOON)))
    assert all(one.why.distance >= min(720, 0.79 * room / many) - 1 for one in found)


def test_in_a_crowd_each_keeps_to_what_one_person_may_publish() -> None:
    cap = Cap(per_hour=1, per_day=1, apart_minutes=12)
    tuesday = int(datetime(2027, 3, 2, 11, tzinfo=UTC).timestamp())
    crowd = [Person(wish(days=9), bytes([number]), own=(tuesday,)) for number in range(30)]
    found = spreading.spread(crowd, cap, soon=pacing.SOON)
    assert all(one and abs(one.moment.timestamp() - tuesday) >= 86400 for one in found)
