"""The jobs that say that we live, and the sweep."""

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from app.clock import now
from app.health import heartbeats

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]


def test_the_jobs_are_there_and_do_their_work(committed: "Db") -> None:
    from workers import beats  # noqa: PLC0415 - Celery reads the settings when it is imported

    beats.beat.apply(kwargs={"sent_at": (now() - timedelta(seconds=3)).timestamp()})
    assert timedelta(seconds=2) < heartbeats.seen()[0].age < timedelta(seconds=20)
    beats.beat.apply()
    assert heartbeats.seen()[0].age < timedelta(seconds=2)
    committed.remove()
    heartbeats.beat("worker:gone", at=now() - timedelta(days=2))
    committed.commit()
    beats.sweep.apply()
    assert [seen.name for seen in heartbeats.seen()] == ["beat"]


def test_a_message_from_the_future_counts_as_now(committed: "Db") -> None:
    from workers import beats  # noqa: PLC0415

    beats.beat.apply(kwargs={"sent_at": (now() + timedelta(hours=1)).timestamp()})
    assert heartbeats.seen()[0].at <= now()


def test_a_worker_lives_and_says_goodbye(committed: "Db") -> None:
    from workers import beats  # noqa: PLC0415

    stop = threading.Event()
    living = threading.Thread(target=beats.live, args=("worker:test", stop, 0.05))
    living.start()
    deadline = threading.Event()
    for _turn in range(100):
        if [seen.name for seen in heartbeats.seen()] == ["worker:test"]:
            break
        committed.rollback()
        deadline.wait(0.05)
    assert [seen.facts["version"] for seen in heartbeats.seen()] == ["0.1.0"]
    stop.set()
    living.join(5)
    committed.rollback()
    assert heartbeats.seen() == []
