"""What choosing a person's posts costs the database: rows looked at and pages touched, counted by the database itself."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from sqlalchemy import event, select, text, update

from app import demo
from app.clock import now
from app.db import session
from app.editorial.models import Post
from app.people.models import User, followed_topics
from app.sharing import newest
from tests.sharing import builders
from tests.system import crowd

FEW, MANY = 1_000, 10_000
MONTHS = 200 * 24 * 60


@pytest.fixture
def viewer(db: Any) -> User:
    """Somebody of the demo company with an account, so that the crowd's shares become theirs."""
    demo.load()
    found = session.scalars(select(User).where(User.email == crowd.VIEWER)).one()
    builders.plain_account(found)
    return found


def fill(posts: int, *, name: str, shares: int = 0, **more: float) -> None:
    """Some more posts; the newest of them have been shared by the viewer."""
    sizes = {"people": 20, "posts": posts, "waiting": 0, "shares": shares, "notices": 0, "events": 0, **more}
    crowd.gather(session, name=name, sizes=sizes)


class Cost(NamedTuple):
    """Rows of posts looked at, and pages touched in all."""

    rows: int
    pages: int


def cost(viewer: User) -> Cost:
    """By the plan that serves every request after the first few."""
    [(statement, facts)] = [one for one in asked(viewer) if "lately" in one[0]]
    session.execute(text("SET LOCAL plan_cache_mode = force_generic_plan"))
    raw = session.connection().connection.cursor()
    raw.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", facts)
    plan: dict[str, Any] = raw.fetchall()[0][0][0]["Plan"]
    looked_at = [
        node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
        for node in nodes(plan)
        if node.get("Relation Name") == "posts"
    ]
    return Cost(round(sum(looked_at)), plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def asked(viewer: User) -> list[tuple[str, Any]]:
    """The questions as they go to the database."""
    found: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, facts: Any, *_more: object) -> None:
        found.append((statement, facts))

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        newest.posts(viewer, now=now())
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a plan."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@pytest.mark.parametrize("apart", [1, 60], ids=["all can be shared", "most are over"])
def test_ten_times_the_posts_touch_no_more_of_the_database(viewer: User, apart: float) -> None:
    fill(FEW, name="few", apart=apart)
    few = cost(viewer)
    fill(MANY - FEW, name="many", apart=apart)
    many = cost(viewer)
    assert many.rows <= few.rows + 10
    assert many.pages <= few.pages + 50


def test_somebody_who_has_seen_all_that_is_new_does_not_send_the_database_into_the_past(viewer: User) -> None:
    fill(FEW // 5, name="new", shares=FEW // 5)
    few = cost(viewer)
    fill(MANY, name="history", ago=MONTHS)
    assert cost(viewer).rows <= few.rows + 10
    assert few.rows >= FEW // 5 * 3 / 7


def test_what_can_be_shared_for_very_long_is_found_in_the_past(viewer: User) -> None:
    fill(10, name="history", ago=MONTHS)
    old = session.scalars(select(Post).where(Post.approved_at < now() - newest.LATELY, Post.topic_id.in_(followed(viewer)))).first()
    assert old is not None
    assert old not in newest.posts(viewer, now=now())
    old.share_until = now() + timedelta(days=1)
    session.execute(update(Post).where(Post.id != old.id).values(state="withdrawn", withdrawn_at=now()))
    session.flush()
    assert newest.posts(viewer, now=now()) == [old]


def followed(viewer: User) -> Any:
    """The viewer's topics."""
    return select(followed_topics.c.topic_id).where(followed_topics.c.user_id == viewer.id)
