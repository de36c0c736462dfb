"""A storm: many shares with text and pictures that leave while something breaks, and the count at the practice network afterwards."""

import hashlib
import os
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import insert

import config
from app import db
from app.clock import now
from app.db import session, transaction
from app.ids import uuid7
from app.people.models import User
from app.sharing import short_links
from app.sharing.models import Delivery, Share, ShortLink
from tests import rows
from tests.faults.crowd import Crowd
from tests.faults.ground import Ground
from tests.sharing import builders

OPEN = ("queued", "sending", "unconfirmed")
POSTED = ("published", "removed")
# How many shares stand against each thing that breaks.
SHARES = int(os.environ.get("FAULTS_SHARES", "2000"))
# Seconds; a test that fails does not have to take four minutes for it.
PATIENCE = float(os.environ.get("FAULTS_PATIENCE", "240"))


@contextmanager
def at_home(ground: Ground) -> Iterator[None]:
    """This process's own sessions and settings are the ground's for as long as the block lasts."""
    before, bound = config.settings(), session.get_bind()
    move_in(ground)
    try:
        yield
    finally:
        db.bind(bind=bound, join_transaction_mode="conditional_savepoint")
        config.use(before)


def move_in(ground: Ground) -> None:
    """From now on this process's own sessions and settings are the ground's."""
    config.use(ground.settings)
    db.bind(bind=ground.engine, join_transaction_mode="conditional_savepoint")


@dataclass
class Verdict:
    """What was counted: at the practice network, and in the ledger."""

    shares: int
    states: dict[str, int]
    posts: int
    doubled: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unconfirmed: dict[str, int] = field(default_factory=dict)
    kept_back: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        ended, states, kept_back = (_listed(one) for one in (self.unconfirmed, self.states, self.kept_back))
        return (
            f"{self.shares} shares ({states}), {self.posts} posts, {len(self.doubled)} doubled, {len(self.lost)} lost, "
            f"{len(self.wrong)} otherwise wrong; unconfirmed for a while, by how they ended: {ended}; not sent, and why: {kept_back}"
        )


class Storm:
    """So many shares, due from `delay` seconds on and over some seconds; every `pictured`-th post has a picture."""

    def __init__(
        self, ground: Ground, crowd: Crowd, count: int, *, over: float = 0, each: int = 4, pictured: int = 2, delay: float = 0
    ) -> None:
        self._since = time.time()
        self.ground, self.count, people = ground, count, crowd.take(-(-count // each), shares=each)
        self.users, self.accounts = [user for user, _ in people], [account for _, account in people]
        with transaction():
            self.posts = [_post(with_picture=number % pictured == pictured - 1) for number in range(each)]
        made = [_share(*one, post) for one in people for post in self.posts][:count]
        self.ids: list[uuid.UUID] = [delivery["id"] for _made, delivery, _link in made]
        start = now() + timedelta(seconds=delay)
        for number, (_made, delivery, _link) in enumerate(made):
            due = start + timedelta(seconds=over * (number // each) / len(people))
            delivery |= {"due_at": due, "latest_at": due + timedelta(hours=4)}
        with transaction():
            for kind, facts in zip((Share, Delivery, ShortLink), zip(*made, strict=True), strict=True):
                session.execute(insert(kind), facts)

    def states(self) -> Counter[str]:
        """How many are in each state."""
        found = self.ground.ask("SELECT state, count(*)::int FROM deliveries WHERE id = ANY (%(ids)s) GROUP BY state", {"ids": self.ids})
        return Counter(dict(found))

    def until(self, true: Callable[[Counter[str]], bool], *, seconds: float = PATIENCE) -> None:
        """Until it holds of the states; the crew is revived meanwhile, and a database that is away is asked again."""
        end, found = time.monotonic() + seconds, Counter[str]()
        while not (found and true(found)):
            assert time.monotonic() < end, f"waited in vain: {dict(found)}, {self.open()}, {self.ground.logs}"
            self.ground.revive()
            time.sleep(0.1)
            try:
                found = self.states()
            except psycopg.Error:
                continue

    def open(self) -> list[tuple[Any, ...]]:
        """A few of those that are not out, with the times they wait for."""
        times = "(due_at - now())::text, (leased_until - now())::text, (sent_at - now())::text, lease IS NOT NULL"
        return self.ground.ask(
            f"SELECT state, {times}, tries, looks FROM deliveries WHERE id = ANY (%(ids)s) AND state = ANY (%(open)s)"
            " ORDER BY due_at LIMIT 8",
            {"ids": self.ids, "open": list(OPEN)},
        )

    def going(self, part: float = 0.2) -> "Storm":
        """Returns when this part of it is published and the rest is on its way."""
        self.until(lambda found: found["published"] >= part * self.count)
        return self

    def settle(self, *, seconds: float = PATIENCE, asked: bool = False) -> "Verdict":
        """Wait until nothing is on its way any more, and count. With `asked`, what only its owner can tell may stay unconfirmed."""
        self.until(lambda found: not any(found[state] for state in OPEN if not (asked and state == "unconfirmed")), seconds=seconds)
        if asked:
            self.ground.wait(self._told, "looks that end with a question")
        return self.verdict(asked=asked)

    def _told(self) -> bool:
        open_ = "SELECT count(*)::int FROM deliveries WHERE id = ANY (%(ids)s) AND (state = ANY (%(open)s)) AND looks < 3"
        return self.ground.ask(open_, {"ids": self.ids, "open": list(OPEN)}) == [(0,)]

    def verdict(self, *, asked: bool = False) -> "Verdict":
        """Count at the practice network, and compare with the ledger."""
        posts: dict[str, list[dict[str, Any]]] = {}
        for post in self.ground.judge.posts(since=self._since):
            posts.setdefault(str(post["idempotency_key"]).partition(":")[0], []).append(post)
        found = self.ground.ask(
            "SELECT d.id::text, d.state, d.remote_id, d.text, d.account_id::text, jsonb_array_length(p.content->'pictures')"
            " FROM deliveries d JOIN posts p ON p.id = d.post_id WHERE d.id = ANY (%(ids)s)",
            {"ids": self.ids},
        )
        whose = {one["id"]: key for key, some in posts.items() for one in some}
        seen = self.ground.judge.pictures(one["id"] for row in found if row[5] for one in posts.get(row[0], []))
        verdict = Verdict(len(self.ids), dict(self.states()), sum(len(posts.get(row[0], [])) for row in found))
        for delivery, state, remote_id, text, _account, pictures in found:
            own = posts.get(delivery, [])
            if len(own) > 1:
                verdict.doubled.append(f"{delivery} {state}: {[one['id'] for one in own]}")
            owner_knows = asked and state == "unconfirmed"
            if (state in OPEN and not owner_knows) or (state in POSTED and not own):
                verdict.lost.append(f"{delivery} is {state}")
            if ((state in POSTED) != bool(own) and not owner_knows) or any(
                one["text"] != text or seen.get(one["id"], 0) != pictures for one in own
            ):
                verdict.wrong.append(f"{delivery} is {state} with {own}")
            if state in POSTED and remote_id not in [one["id"] for one in own]:
                verdict.wrong.append(f"{delivery} thinks it is {remote_id} of {whose.get(remote_id)}, and is {own}")
        verdict.unconfirmed, verdict.kept_back = self._doubts(), self._kept_back()
        return verdict

    def _doubts(self) -> dict[str, int]:
        found = self.ground.ask(
            "SELECT CASE WHEN state = 'published' AND EXISTS (SELECT FROM events e WHERE e.subject_id = d.id AND e.verb = 'queued'"
            " AND e.facts ->> 'proven' = 'absent') THEN 'absent, then published' WHEN state = 'published' THEN 'found' ELSE state END, "
            "count(*)::int FROM deliveries d WHERE id = ANY (%(ids)s)"
            " AND EXISTS (SELECT FROM events e WHERE e.subject_id = d.id AND e.verb = 'unconfirmed') GROUP BY 1",
            {"ids": self.ids},
        )
        return {str(state): int(count) for state, count in found}

    def _kept_back(self) -> dict[str, int]:
        """Why those that are not on their way any more were not sent."""
        found = self.ground.ask(
            "SELECT concat_ws(': ', state, problem), count(*)::int FROM deliveries WHERE id = ANY (%(ids)s) AND NOT state = ANY (%(sent)s)"
            " GROUP BY 1",
            {"ids": self.ids, "sent": [*OPEN, *POSTED]},
        )
        return {str(why): int(count) for why, count in found}


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def _post(*, with_picture: bool) -> uuid.UUID:
    author = rows.edda()
    pictures = [{"media_id": str(builders.picture(author)), "alt": {"en": "A pump in the snow", "de": ""}}] if with_picture else []
    return rows.post(author, rows.ravi(), pictures=pictures).id


def _share(user: uuid.UUID, account: uuid.UUID, post: uuid.UUID) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What one click writes, but for the minute: the share, its delivery and its link."""
    click, own, share = uuid.uuid4().hex, uuid7(), {"id": uuid7(), "user_id": user, "post_id": post, "language": "en"}
    code = short_links.code_for(user_id=user, post_id=post, place=str(account), click=click)
    text = f"{rows.TEXT} {short_links.address(code)}"
    delivery = {"id": own, "share_id": share["id"], "user_id": user, "post_id": post, "account_id": account, "network": "practice"}
    delivery |= {"language": "en", "text": text, "text_hash": hashlib.sha256(text.encode()).hexdigest()}
    return share | {"click": click}, delivery, {"code": code, "delivery_id": own, "target": builders.TARGET}


def all_out(verdict: Verdict) -> None:
    """Everything was published, once; nothing else was."""
    _sound(verdict)
    assert verdict.states == {"published": verdict.shares}, verdict
    assert verdict.posts == verdict.shares, verdict


def sound(verdict: Verdict) -> None:
    """Posts are published rows, nothing twice, nothing lost; some may have been kept back on purpose."""
    _sound(verdict)
    assert verdict.posts == sum(verdict.states.get(state, 0) for state in POSTED), verdict


def _sound(verdict: Verdict) -> None:
    print(verdict)
    assert not verdict.doubled, verdict.doubled[:5]
    assert not verdict.lost, verdict.lost[:5]
    assert not verdict.wrong, verdict.wrong[:5]


def person(user_id: uuid.UUID) -> User:
    """The row."""
    return session.get_one(User, user_id)
