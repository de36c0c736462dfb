"""Nobody worked for a while, or it looks so: what was left to us keeps its distance then, and what somebody waits for leaves."""

import time
from datetime import timedelta
from itertools import pairwise

from app.sharing.pace import pace
from tests.faults import breaking
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.faults.storm import Storm, all_out

# Few: nothing breaks in the middle of sending here, and minutes are compared with each other.
COUNT, POSTS = 24, 3
APART = timedelta(minutes=5)  # as the crowd's cap has it
MISSED = (
    "UPDATE deliveries SET due_at = now() - make_interval(secs => %(late)s), priority = %(priority)s WHERE id = ANY (%(ids)s) RETURNING id"
)
PLANNED = "SELECT due_at FROM deliveries WHERE id = ANY (%(ids)s) AND post_id = %(post)s ORDER BY 1"
BACK = "SELECT count(*)::int FROM deliveries WHERE id = ANY (%(ids)s) AND state = 'queued' AND due_at > now()"
TURNS = "SELECT count(*)::int FROM events WHERE subject_id = ANY (%(ids)s) AND verb = 'held' GROUP BY subject_id"


def test_no_flood_when_the_workers_are_back(ground: Ground, crowd: Crowd) -> None:
    """Colleagues are apart again before the first of them leaves; later all of it goes out, once."""
    clicked, spread = Storm(ground, crowd, 6, delay=3600), Storm(ground, crowd, COUNT, delay=3600, each=POSTS)
    for name in ("worker-1", "worker-2"):
        ground.end(name)
    for storm, priority in ((clicked, 0), (spread, 1)):
        late = {"late": pace().overdue + 60, "priority": priority, "ids": storm.ids}
        assert len(ground.ask(MISSED, late)) == storm.count
    ground.full_crew()
    all_out(clicked.settle())
    ground.wait(lambda: ground.ask(BACK, {"ids": spread.ids}) == [(COUNT,)], "another minute for everybody")
    for post in spread.posts:
        due = [row[0] for row in ground.ask(PLANNED, {"ids": spread.ids, "post": post})]
        assert all(b - a >= APART for a, b in pairwise(due)), due
    assert spread.verdict().posts == 0
    ground.sql("UPDATE deliveries SET due_at = now() WHERE state = 'queued' AND priority = 1")
    all_out(spread.settle())


def test_a_step_of_the_clock_moves_nobody_twice(ground: Ground, crowd: Crowd) -> None:
    """PostgreSQL's clock goes an hour forwards, and back: all is overdue at once and gets one other minute; no row goes to and fro."""
    with breaking.steppable_clock(ground):
        spread = Storm(ground, crowd, COUNT, delay=600, each=POSTS)
        ground.ask("UPDATE deliveries SET priority = 1 WHERE id = ANY (%(ids)s) RETURNING id", {"ids": spread.ids})
        breaking.set_clock(ground, "1 hour")
        ground.wait(lambda: ground.ask(TURNS, {"ids": spread.ids}) == [(1,)] * COUNT, "a turn for everybody")
        ground.wait(lambda: ground.ask(BACK, {"ids": spread.ids}) == [(COUNT,)], "another minute for everybody")
        breaking.set_clock(ground, "0")
        time.sleep(5)
        assert ground.ask(TURNS, {"ids": spread.ids}) == [(1,)] * COUNT
        ground.sql("UPDATE deliveries SET due_at = now() WHERE state = 'queued' AND priority = 1")
        all_out(spread.settle())
