"""Where the demo company is not loaded, and what it says on the practice network."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

import config
from app import demo
from app.demo import neighbours
from app.people.models import User
from tests import rows
from tests.sharing import builders

if TYPE_CHECKING:
    from sqlalchemy.orm import Session, scoped_session

    Database = scoped_session[Session]


def test_it_stays_away_from_other_people(db: "Database") -> None:
    rows.emil()
    db.commit()
    with pytest.raises(demo.Occupied):
        demo.load()
    assert db.scalar(select(func.count()).select_from(User)) == 1


def test_production_refuses_it(db: "Database") -> None:
    before = config.settings()
    config.use(replace(before, environment="production"))
    try:
        with pytest.raises(demo.NotHere, match="--no-demo"):
            demo.load()
    finally:
        config.use(before)
    assert db.scalar(select(func.count()).select_from(User)) == 0


def test_neighbours_speak_on_an_empty_timeline_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with builders.practice_network() as running:
        monkeypatch.setenv("PRACTICE_CONTROL_TOKEN", running.control_token or "")
        assert neighbours.greet(running.url) == 5
        assert neighbours.greet(running.url) == 0
        assert len(builders.Control(running).statuses()) == 5


def test_without_a_practice_network_nothing_happens(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("PRACTICE_CONTROL_TOKEN", "a token")
    assert neighbours.greet("http://127.0.0.1:9") == 0
    assert "did not answer" in caplog.text
    assert neighbours.greet("") == 0
