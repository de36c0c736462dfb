"""What all pages share, from the outside."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests import rows
from tests.signed_in import browser


@pytest.mark.parametrize("address", ["/guidelines?q=%00", "/admin/audit?who=%00", "/admin/people?role=%00"])
def test_characters_that_cannot_be_kept_get_a_sentence(app: Flask, db: Any, address: str) -> None:
    answer = browser(app, rows.ada()).get(address)
    assert answer.status_code in {200, 422}
    assert "Something went wrong on our side" not in answer.text


def test_a_stale_page_is_opened_again_with_one_click(app: Flask, db: Any) -> None:
    proposal, ravi = rows.proposal(rows.edda()), browser(app, rows.ravi())
    stale = {"decision": "approved", "content_hash": "old"}

    def way_back(sent_from: str) -> bool:
        answer = ravi.post(f"/review/{proposal.id}/decision", data=stale, headers={"Referer": sent_from})
        assert answer.status_code == 409
        return f'href="{sent_from}"' in answer.text

    assert way_back(f"http://localhost/review/{proposal.id}?language=en")
    assert not way_back(f"http://localhost/review/{proposal.id}/remarks")
    assert not way_back("http://elsewhere.example/review")
    assert not way_back("http://localhost.elsewhere.example/review")


@pytest.mark.parametrize("table", ["events", "revisions", "guideline_versions", "reviews"])
def test_what_may_not_change_may_not_be_emptied(db: Any, table: str) -> None:
    with pytest.raises(IntegrityError, match="append-only"):
        db.execute(text(f"TRUNCATE {table} CASCADE"))


def test_a_post_keeps_its_content(db: Any) -> None:
    post = rows.post(rows.edda(), rows.ravi())
    post.content = {**post.content, "texts": {"en": "Something else"}}
    with pytest.raises(IntegrityError, match="append-only"):
        db.flush()
