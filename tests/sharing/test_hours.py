"""A person's hours, the company's days off, and shares that are left to us."""

import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.clock import now
from app.db import session, transaction
from app.editorial.models import Post
from app.errors import Invalid, Missing
from app.people.models import User
from app.sharing import hours, shares
from app.sharing.account_models import ConnectedAccount
from app.sharing.models import Delivery, DeliveryState, Priority
from tests import rows
from tests.sharing import builders as b

ALL_DAY = {"days": range(1, 8), "from_minute": 0, "until_minute": 1440, "on_days_off": True}


@pytest.mark.usefixtures("db")
class TestHours:
    def test_the_companys_habit_holds_until_a_person_chooses(self) -> None:
        emil = rows.emil()
        assert hours.of(emil.id) == hours.HABIT
        hours.choose(emil, days=[7, 6, 6], from_minute=600, until_minute=720, on_days_off=True)
        hours.choose(emil, days=[6], from_minute=600, until_minute=780, on_days_off=False)
        found = hours.of(emil.id)
        assert (found.days, found.from_minute, found.until_minute, found.on_days_off, found.own) == (frozenset({6}), 600, 780, False, True)
        hours.forget(emil)
        assert hours.of(emil.id) == hours.HABIT

    @pytest.mark.parametrize(
        ("facts", "field"),
        [
            ({"days": []}, "days"),
            ({"days": [0]}, "days"),
            ({"from_minute": -1}, "from"),
            ({"from_minute": 1440}, "from"),
            ({"until_minute": 1441}, "from"),
            ({"from_minute": 600, "until_minute": 610}, "until"),
        ],
    )
    def test_hours_that_cannot_be_are_refused(self, facts: dict[str, object], field: str) -> None:
        with pytest.raises(Invalid) as refused:
            hours.choose(rows.emil(), **{**ALL_DAY, **facts})  # type: ignore[arg-type]
        assert refused.value.field == field

    def test_an_admin_keeps_the_list_of_days_off(self) -> None:
        ada, day = rows.ada(), now().date() + timedelta(days=40)
        hours.add_day_off(day, "  Summer   party ", by=ada.id)
        hours.add_day_off(day, "Party", by=ada.id)
        session.flush()
        assert [(one.day, one.name) for one in hours.all_days_off(since=now().date())] == [(day, "Party")]
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        assert hours.days_off(noon, noon) == {day}
        hours.remove_day_off(day, by=ada.id)
        assert hours.days_off(noon, noon) == frozenset()
        with pytest.raises(Missing):
            hours.remove_day_off(day, by=ada.id)

    @pytest.mark.parametrize(
        ("day", "name", "field"), [(date(2020, 1, 1), "x", "day"), (date(2090, 1, 1), "x", "day"), (None, " ", "name")]
    )
    def test_days_off_that_cannot_be_are_refused(self, day: date | None, name: str, field: str) -> None:
        with pytest.raises(Invalid) as refused:
            hours.add_day_off(day or now().date(), name, by=rows.ada().id)
        assert refused.value.field == field


@pytest.mark.usefixtures("db")
class TestLeftToUs:
    def test_it_gets_a_minute_of_the_persons_hours_and_the_reasons(self) -> None:
        emil, post = rows.emil(), b.post()
        emil.time_zone = "America/New_York"
        row = b.delivery(b.share(emil, post, b.plain_account(emil), left_to_us=True))
        local = row.due_at.astimezone(ZoneInfo("America/New_York"))
        assert local.isoweekday() <= 5
        assert 8 * 60 + 30 <= local.hour * 60 + local.minute < 17 * 60 + 30
        assert local.minute % 5
        assert row.latest_at == shares.latest(post, row.due_at)
        assert row.priority == Priority.SPREAD
        assert row.timing
        assert (row.timing["zone"], row.timing["own"]) == ("America/New_York", False)

    def test_colleagues_are_apart_and_the_cancelled_do_not_count(self) -> None:
        post, found = b.post(), []
        for number in range(12):
            emil = rows.person(f"Emil{number}")
            hours.choose(emil, **ALL_DAY)  # type: ignore[arg-type]
            found.append(b.delivery(b.share(emil, post, b.plain_account(emil), left_to_us=True)))
        due = sorted(row.due_at for row in found)
        assert all(later - sooner >= timedelta(minutes=12) for sooner, later in pairwise(due))
        assert found[-1].timing
        assert found[-1].timing["near"]
        for row in found:
            b.force(row, DeliveryState.CANCELLED)
        late = rows.person("Late")
        row = b.delivery(b.share(late, post, b.plain_account(late), left_to_us=True))
        assert row.timing
        assert row.timing["near"] is None

    def test_one_person_does_not_get_more_planned_than_the_cap(self) -> None:
        emil = rows.emil()
        account = b.plain_account(emil)
        due = sorted(b.delivery(b.share(emil, b.post(), account, left_to_us=True)).due_at for _ in range(9))
        assert all(later - sooner >= timedelta(days=1) for sooner, later in zip(due, due[4:], strict=False))

    def test_a_post_that_opens_later_gets_a_minute_after_that(self) -> None:
        emil, post = rows.emil(), b.post()
        post.share_from = now() + timedelta(days=8)
        assert b.delivery(b.share(emil, post, b.plain_account(emil), left_to_us=True)).due_at > post.share_from

    def test_without_a_common_hour_it_is_refused_with_the_way_out(self) -> None:
        emil, post = rows.emil(), b.post()
        hours.choose(emil, days=[(now() + timedelta(days=4)).isoweekday()], from_minute=600, until_minute=720, on_days_off=True)
        post.share_until = now() + timedelta(days=2)
        with pytest.raises(Invalid) as refused:
            b.share(emil, post, b.plain_account(emil), left_to_us=True)
        assert refused.value.field == "at"


@pytest.mark.usefixtures("committed")
def test_two_at_once_cannot_take_the_same_minute() -> None:
    """A window of some minutes, eight people at the same moment: everybody is alone in theirs."""
    with transaction():
        post = b.post()
        people: list[tuple[uuid.UUID, uuid.UUID]] = []
        for number in range(8):
            emil = rows.person(f"Emil{number}")
            hours.choose(emil, **ALL_DAY)  # type: ignore[arg-type]
            people.append((emil.id, b.plain_account(emil).id))
        post.share_until = now() + timedelta(hours=4)
        post_id = post.id

    def click(number: int) -> None:
        with transaction():
            user_id, account_id = people[number]
            user = session.get_one(User, user_id)
            b.share(user, session.get_one(Post, post_id), session.get_one(ConnectedAccount, account_id), left_to_us=True)

    b.at_once(8, click)
    due = sorted(session.scalars(select(Delivery.due_at)))
    assert len(due) == 8
    assert all(later - sooner >= timedelta(minutes=12) for sooner, later in pairwise(due))
