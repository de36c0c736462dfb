"""The job that fetches link previews."""

from typing import Any

from sqlalchemy import select

from app.editorial.media_models import LinkPreview
from workers.previews import fetch_previews


def test_the_job_works_through_all_that_is_due(committed: Any) -> None:
    committed.add_all(LinkPreview(url=f"https://127.0.0.1/{number}") for number in range(7))
    committed.commit()
    fetch_previews()
    assert {(one.state, one.problem) for one in committed.scalars(select(LinkPreview))} == {("failed", "address_refused")}
