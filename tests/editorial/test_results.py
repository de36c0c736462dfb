"""What came of a proposal: shown when a room further on can say it."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.clock import now
from app.editorial import results
from tests import rows
from tests.signed_in import browser


@pytest.mark.parametrize(("shares", "words"), [(0, "Nobody has shared it yet"), (3, "colleagues shared it")])
def test_the_page_shows_what_came_of_it(
    app: Flask, client: FlaskClient, db: Any, monkeypatch: pytest.MonkeyPatch, shares: int, words: str
) -> None:
    sums = SimpleNamespace(shares=shares, by_hand=0, clicks=7, likes=0, reposts=0, comments=0)
    monkeypatch.setattr(results, "PROVIDERS", [lambda proposal: sums])
    edda = rows.edda()
    post = rows.post(edda, rows.ravi())
    assert words in browser(app, edda).get(f"/proposals/{post.proposal_id}").text


def test_without_a_word_from_there_nothing_is_said(app: Flask, client: FlaskClient, db: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "PROVIDERS", [])
    edda = rows.edda()
    post = rows.post(edda, rows.ravi())
    assert "What came of it" not in browser(app, edda).get(f"/proposals/{post.proposal_id}").text


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"share_until": datetime(2200, 6, 4, 12, tzinfo=UTC)}, "Your colleagues can share it until June 4, 2200."),
        ({"state": "withdrawn"}, "It was approved, and withdrawn later. Nobody can share it any more."),
        ({"share_until": now}, "Its time is over, so nobody can share it any more."),
        (
            {"share_from": datetime(2200, 5, 4, 12, tzinfo=UTC), "share_until": datetime(2200, 6, 4, tzinfo=UTC)},
            "can share it from May 4, 2200 on.",
        ),
    ],
)
def test_it_says_whether_it_can_be_shared_now(app: Flask, db: Any, facts: dict[str, Any], said: str) -> None:
    edda = rows.edda()
    post = rows.post(edda, rows.ravi())
    for name, value in facts.items():
        setattr(post, name, value() if callable(value) else value)
    db.commit()
    client = browser(app, edda)
    pages = [client.get(path).text for path in ("/proposals", f"/proposals/{post.proposal_id}")]
    assert [said in page for page in pages] == [True, True]
    assert ("It stands on the home page" in pages[1]) == ("can share it until" in said)
