"""From the click on "approve" until every row is durable: P2, and until everybody is told, beside the floors of the tables.

    .venv/bin/python -m benchmarks.fan_out                     1,000, 10,000 and 50,000 people, five rounds
    .venv/bin/python -m benchmarks.fan_out --sizes 1000 --rounds 3

It starts a PostgreSQL and a Redis of its own with the product's settings. Every person has a standing consent for the topic. "approve" is
the reviewer's whole request, from the form to the answer: the decision, and a plan for each person with their minute and wording. "told" is
what one worker then makes of the plans, until the last one is committed: share, delivery, tracked link, event, notice and mail for each
person. Each floor writes the same rows from a copy of them, with `INSERT ... SELECT`, and does nothing else; all of them take turns.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app import lean
from benchmarks.publishing import machine
from benchmarks.publishing.figures import Spread, exponent
from benchmarks.publishing.ground import Ground
from benchmarks.publishing.processes import Meter

TARGETS = {1_000: 0.1, 10_000: 0.5, 50_000: 2.5}
APPROVED = {"plans": "post_id = :post"}
# In the order in which they may be written; what is told comes last.
TOLD = {
    "shares": "post_id = :post",
    "deliveries": "post_id = :post",
    "short_links": "delivery_id IN (SELECT id FROM deliveries WHERE post_id = :post)",
    "events": "verb = 'planned' AND facts ->> 'post' = CAST(:post AS text)",
    "notices": "kind = 'share_planned'",
    "mails": "body LIKE '%/standing#planned%'",
}
BACK = ("mails", "notices", "short_links", "deliveries", "shares", "plans")


@dataclass
class Cost:
    """Seconds on the clock, and of all processors, round by round."""

    walls: list[float] = field(default_factory=list)
    cpus: list[float] = field(default_factory=list)

    def add(self, wall: float, cpu: float) -> None:
        """One more round."""
        self.walls.append(wall)
        self.cpus.append(cpu)


class Company:
    """People who have all agreed, one topic, an expert and a reviewer."""

    def __init__(self, app: Flask) -> None:
        from tests import rows, signed_in  # noqa: PLC0415 - the ground has made the settings by now
        from tests.sharing import builders  # noqa: PLC0415

        self.rows = rows
        self.edda, self.ravi, model = rows.edda(), rows.ravi(), rows.person("Model")
        self.ravi.time_zone = "Europe/Berlin"
        self.topic = rows.topic()
        self.account = builders.plain_account(model)
        self.browser: FlaskClient = signed_in.browser(app, self.ravi)
        lean.settle()  # as in the processes that serve pages

    def grow(self, many: int) -> None:
        """Exactly so many people, in four zones and two languages, one in ten with hours of their own."""
        from app.db import session  # noqa: PLC0415

        for statement in PEOPLE:
            session.execute(text(statement), {"many": many, "topic": self.topic.id, "model": self.account.id})
        session.commit()
        session.remove()

    def approve(self) -> str:
        """One proposal, through the reviewer's form; returns the post's id. Only the click is timed by the caller's `clock`."""
        from app.db import session  # noqa: PLC0415

        link = {"url": "https://example.com/cold-seals", "title": "Cold seals", "description": "", "media_id": None}
        more = [{"language": "en", "network": None, "text": f"{number}. {WORDS}"} for number in (2, 3)]
        texts = {"texts": {"en": WORDS, "de": WORDS}, "variants": more}
        edda = session.merge(self.edda)
        found = self.rows.proposal(edda, link=link, **texts)
        found.topic_id = self.topic.id
        assert found.revision is not None
        proposal, fingerprint = found.id, found.revision.content_hash
        session.commit()
        session.remove()
        self.click = lambda: self._click(str(proposal), fingerprint)
        return str(proposal)

    def _click(self, proposal: str, fingerprint: str) -> None:
        answer = self.browser.post(f"/review/{proposal}/decision", data={"decision": "approved", "content_hash": fingerprint})
        if answer.status_code != 303:
            raise RuntimeError(f"the approval answered {answer.status_code}")

    click: Callable[[], None]

    def tell(self) -> None:
        """What the job of the workers does."""
        from app.clock import now  # noqa: PLC0415
        from app.db import transaction  # noqa: PLC0415
        from app.sharing import planned_shares  # noqa: PLC0415

        made = 1
        while made:
            with transaction():
                made = planned_shares.make(now=now())


WORDS = (
    "Our new pump ran through 42 winter tests, and the seals held. Here is what we learned about cold seals. https://example.com/cold-seals"
)
PEOPLE = (
    """INSERT INTO users (id, email, name, field, roles, locale, time_zone, password_hash, created_at)
       SELECT gen_random_uuid(), 'n' || n || '@example.com', 'N' || n, '', '{expert}', (ARRAY['en', 'de'])[1 + n % 2],
           (ARRAY['Europe/Berlin', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'])[1 + n % 4], 'x', now()
       FROM generate_series((SELECT count(*) + 1 FROM users WHERE name LIKE 'N%'), :many) AS n""",
    """INSERT INTO connected_accounts (id, user_id, network, host, remote_id, handle, name, url, scopes, tokens, limits, visibility,
           is_default, state, connected_at)
       SELECT gen_random_uuid(), u.id, m.network, m.host, u.id, '@' || u.name, u.name, '', '', m.tokens, m.limits, 'public', true,
           'connected', now()
       FROM users u, connected_accounts m
       WHERE m.id = :model AND u.name LIKE 'N%' AND NOT EXISTS (SELECT FROM connected_accounts a WHERE a.user_id = u.id)""",
    """INSERT INTO standing_consents (id, user_id, account_id, topic_id, per_week, language, terms, agreed_at, ask_again_at)
       SELECT gen_random_uuid(), a.user_id, a.id, :topic, 7, (ARRAY['en', 'de'])[1 + abs(hashtext(a.handle)) % 2], 'terms', now(),
           now() + interval '180 days'
       FROM connected_accounts a
       WHERE a.id <> :model AND NOT EXISTS (SELECT FROM standing_consents c WHERE c.account_id = a.id)""",
    """INSERT INTO sharing_hours (user_id, days, from_minute, until_minute, on_days_off, changed_at)
       SELECT id, '{1,2,3,4}', 540 + 30 * (abs(hashtext(email)) % 6), 960, false, now() FROM users
       WHERE name LIKE 'N%0' ON CONFLICT DO NOTHING""",
)


def main(sizes: Sequence[int], rounds: int) -> None:
    """Print a row a size, and how the cost grows."""
    with Ground() as ground:
        print(machine.describe())
        from app.factory import create_app  # noqa: PLC0415 - reads the settings of the ground

        company, costs = Company(create_app()), []
        print(f"{'people':>7} {'':8} {'rows':>8} {'ours ms':>26} {'cpu ms':>8} {'floor ms':>26} {'cpu ms':>8} {'cpu x':>6} {'target':>8}")
        for size in sizes:
            company.grow(size)
            _vacuum(ground)
            approved, told = _measured(ground, company, rounds)
            _row(size, "approve", approved, TARGETS.get(size))
            _row(size, "told", told, None)
            costs.append(Spread.of(approved.ours.cpus).median)
        if len(sizes) > 1:
            print(f"processor time of the request grows with people to the power of {exponent(list(sizes), costs):.2f}")


@dataclass
class Part:
    """One of the two parts, beside its floor."""

    tables: Mapping[str, str]
    ours: Cost = field(default_factory=Cost)
    floor: Cost = field(default_factory=Cost)
    rows: int = 0


def _measured(ground: Ground, company: Company, rounds: int) -> tuple[Part, Part]:
    approved, told = Part(APPROVED), Part(TOLD)
    for turn in range(rounds + 1):
        company.approve()
        if turn == 1:  # the first one warms up
            approved, told = Part(APPROVED), Part(TOLD)
        _beside_its_floor(ground, approved, company.click)
        _beside_its_floor(ground, told, company.tell)
        _clear(ground)
    return approved, told


def _beside_its_floor(ground: Ground, part: Part, do: Callable[[], None]) -> None:
    """First ours, then the floor, which leaves the same rows."""
    part.ours.add(*_timed(ground, do))
    part.rows = _keep_a_copy(ground, part.tables)
    _clear(ground)
    part.floor.add(*_timed(ground, lambda: _copy_back(ground, part.tables)))


def _row(size: int, name: str, part: Part, target: float | None) -> None:
    walls, floors = (Spread.of([1000 * wall for wall in cost.walls]) for cost in (part.ours, part.floor))
    cpu, floor_cpu = (1000 * Spread.of(cost.cpus).median for cost in (part.ours, part.floor))
    beside = f"{f'{floors:.0f}':>26} {floor_cpu:8.0f} {cpu / floor_cpu:6.2f}"
    line = f"{size:7} {name:8} {part.rows:8} {f'{walls:.0f}':>26} {cpu:8.0f} {beside}"
    print(f"{line} {1000 * target:8.0f}" if target else line, flush=True)


def _timed(ground: Ground, do: Callable[[], None]) -> tuple[float, float]:
    meter, began, own = Meter.start(**ground.servers()), time.monotonic(), time.process_time()
    do()
    wall = time.monotonic() - began
    return wall, time.process_time() - own + sum(meter.read().values())


def _keep_a_copy(ground: Ground, tables: Mapping[str, str]) -> int:
    """The rows of the newest post, beside their tables; returns how many there are."""
    total = 0
    with ground.admin() as connection:
        [post] = connection.execute("SELECT id FROM posts ORDER BY id DESC LIMIT 1").fetchone() or [None]
        for table, which in tables.items():
            connection.execute(f"DROP TABLE IF EXISTS copy_{table}")
            wanted = which.replace(":post", f"'{post}'")
            total += connection.execute(f"CREATE TABLE copy_{table} AS SELECT * FROM {table} WHERE {wanted}").rowcount  # noqa: S608
    return total


def _copy_back(ground: Ground, tables: Mapping[str, str]) -> None:
    with ground.admin() as connection, connection.transaction():
        for table in tables:
            columns = "at, actor_id, verb, subject, subject_id, facts" if table == "events" else "*"
            into = f"events ({columns})" if table == "events" else table
            connection.execute(f"INSERT INTO {into} SELECT {columns} FROM copy_{table}")  # noqa: S608


def _clear(ground: Ground) -> None:
    with ground.admin() as connection:
        for table in BACK:
            connection.execute(f"TRUNCATE {table} CASCADE")
    _vacuum(ground)


def _vacuum(ground: Ground) -> None:
    with ground.admin() as connection:
        connection.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=list(TARGETS))
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    main(given.sizes, given.rounds)
