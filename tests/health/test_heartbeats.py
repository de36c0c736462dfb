"""Signs of life and the sweep."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select

from app.clock import now
from app.health import heartbeats, sweeping
from app.health.models import Heartbeat
from app.notices.models import Mail, Notice
from app.people.models import SignIn, Ticket
from tests import rows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


def test_a_beat_is_remembered_and_the_newest_counts(db: "Db") -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    heartbeats.beat("worker:a", {"pid": 1}, at=moment)
    heartbeats.beat("worker:a", {"pid": 2}, at=moment + timedelta(seconds=9))
    heartbeats.beat("worker:a", {"pid": 3}, at=moment)
    assert [(seen.name, seen.at, seen.facts) for seen in heartbeats.seen()] == [("worker:a", moment + timedelta(seconds=9), {"pid": 2})]


@pytest.mark.parametrize(("age", "fresh"), [(-5, True), (0, True), (29, True), (31, False)])
def test_fresh_is_half_a_minute(db: "Db", age: int, fresh: bool) -> None:
    heartbeats.beat("beat", at=now() - timedelta(seconds=age))
    (seen,) = heartbeats.seen()
    assert (seen.fresh, seen.age >= timedelta()) == (fresh, True)


def test_who_leaves_is_not_missed(db: "Db") -> None:
    heartbeats.beat("worker:a")
    heartbeats.leave("worker:a")
    assert heartbeats.seen() == []


def test_the_sweep_takes_what_is_old_and_leaves_the_rest(db: "Db") -> None:
    emil, days = rows.emil(), timedelta(days=1)

    def made(age: timedelta, number: int) -> dict[str, Any]:
        moment = now() - age
        return {"id": sweeping.id_before(moment + timedelta(seconds=number)), "created_at": moment}

    def notice(age: timedelta, *, read: bool) -> Notice:
        return Notice(**made(age, read), user_id=emil.id, kind="k", read_at=now() if read else None)

    def mail(age: timedelta, **more: Any) -> Mail:
        return Mail(**made(age, len(more)), to="a@example.com", subject="s", body="b", **more)

    old = [notice(91 * days, read=True), notice(366 * days, read=False), mail(31 * days, sent_at=now())]
    kept = [notice(89 * days, read=True), notice(91 * days, read=False), mail(31 * days), mail(29 * days, failed_at=now())]
    for number, age in enumerate((31, 29)):
        expires = now() - timedelta(days=age)
        ticket = Ticket(**made(age * days, 0), kind="reset", user_id=emil.id, token_hash=bytes([number]), expires_at=expires)
        (old if age == 31 else kept).append(ticket)
    kept.append(SignIn(**made(91 * days, 0), user_id=emil.id, token_hash=b"live"))
    old.append(SignIn(**made(91 * days, 1), user_id=emil.id, token_hash=b"ended", ended_at=now()))
    db.add_all(old + kept)
    heartbeats.beat("worker:gone", at=now() - timedelta(days=2))
    heartbeats.beat("worker:here")
    db.flush()
    gone = [broom.sweep() for broom in sweeping.BROOMS]
    assert sum(gone) == len(old) + 1
    db.expire_all()
    left = sum(db.scalar(select(func.count()).select_from(table)) or 0 for table in (Notice, Mail, Ticket, SignIn))
    assert left == len(kept)
    assert db.scalars(select(Heartbeat.name)).all() == ["worker:here"]


def test_a_batch_is_bounded(db: "Db", monkeypatch: pytest.MonkeyPatch) -> None:
    emil = rows.emil()
    monkeypatch.setattr(sweeping, "BATCH", 3)
    moment = now() - timedelta(days=400)
    db.add_all(Notice(id=sweeping.id_before(moment + timedelta(milliseconds=number)), user_id=emil.id, kind="k") for number in range(7))
    db.flush()
    assert [sweeping.BROOMS[1].sweep() for _turn in range(4)] == [3, 3, 1, 0]
