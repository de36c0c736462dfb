"""Posts, shares and deliveries of the product's own tables, made inside the database and due when we choose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.publishing.crowd import Connection, Crowd, click_name
from benchmarks.publishing.ground import until

POSTS = """
WITH made AS (
    SELECT bench.new_id() AS proposal_id, bench.new_id() AS revision_id, bench.new_id() AS review_id, bench.new_id() AS post_id,
        md5(%(click)s::text || n) AS content_hash, n, (SELECT id FROM users WHERE email = 'author@bench.example') AS author_id,
        (SELECT id FROM users WHERE email = 'reviewer@bench.example') AS reviewer_id, (SELECT min(id::text)::uuid FROM topics) AS topic_id,
        jsonb_build_object('language', 'en', 'texts', jsonb_build_object('en', 'A benchmark post'), 'variants', '[]'::jsonb, 'link', NULL,
            'pictures', '[]'::jsonb, 'why', '{}'::jsonb) AS content
    FROM generate_series(1, %(posts)s::int) AS n
), proposals_made AS (
    INSERT INTO proposals (id, author_id, state, draft, draft_version, draft_saved_at, topic_id, created_at, submitted_at)
    SELECT proposal_id, author_id, 'draft', content, 1, now(), topic_id, now(), now() FROM made
), revisions_made AS (
    INSERT INTO revisions (id, proposal_id, number, author_id, editor_id, content, content_hash, created_at)
    SELECT revision_id, proposal_id, 1, author_id, author_id, content, content_hash, now() FROM made
), reviews_made AS (
    INSERT INTO reviews (id, revision_id, author_id, editor_id, content_hash, reviewer_id, decision, message, created_at)
    SELECT review_id, revision_id, author_id, author_id, content_hash, reviewer_id, 'approved', '', now() FROM made
), posts_made AS (
    INSERT INTO posts (id, proposal_id, revision_id, review_id, review_decision, content_hash, author_id, topic_id, content, state,
        approved_at, share_from, share_until)
    SELECT post_id, proposal_id, revision_id, review_id, 'approved', content_hash, author_id, topic_id, content, 'live',
        now(), now() - interval '1 hour', now() + interval '30 days' FROM made
)
INSERT INTO bench.posts (click, n, post_id) SELECT %(click)s::text, n, post_id FROM made
"""
SHARES = """
WITH wanted AS (
    SELECT p.number, p.user_id, p.account_id, b.post_id, bench.new_id() AS share_id, bench.new_id() AS delivery_id,
        (%(due)s::timestamptz[])[1 + (p.number - %(first)s::int) %% cardinality(%(due)s::timestamptz[])] AS due_at
    FROM bench.people p JOIN bench.posts b ON b.click = %(click)s AND b.n = 1 + (p.number - %(first)s::int) %% %(posts)s::int
    WHERE p.number BETWEEN %(first)s::int AND %(last)s::int
), shares_made AS (
    INSERT INTO shares (id, user_id, post_id, click, language, words, created_at)
    SELECT share_id, user_id, post_id, %(click)s::text, 'en', '', now() FROM wanted
), texts AS (
    SELECT *, %(tag)s::text || number AS code,
        'Our new pump ran through the winter. Number ' || number || ' ' || %(base)s::text || '/s/' || %(tag)s::text || number AS text
    FROM wanted
), deliveries_made AS (
    INSERT INTO deliveries (id, share_id, user_id, post_id, account_id, network, language, text, text_hash, state, due_at, latest_at, tries,
        looks, counts, created_at{extra_names})
    SELECT delivery_id, share_id, user_id, post_id, account_id, %(network)s, 'en', text, encode(sha256(convert_to(text, 'UTF8')), 'hex'),
        'queued', due_at, due_at + interval '2 hours', 0, 0, '{{}}', now(){extra_values} FROM texts
)
INSERT INTO short_links (code, delivery_id, target, clicks, created_at)
SELECT code, delivery_id, 'https://example.com/', 0, now() FROM texts
"""
STATES = """
SELECT d.state, count(*)::int FROM deliveries d JOIN shares s ON s.id = d.share_id WHERE d.post_id IN (
    SELECT post_id FROM bench.posts WHERE click = %(click)s) AND s.click = %(click)s GROUP BY d.state
"""
# A topic of its own for each batch, and one wording without a link.
AGREED = """
WITH topic AS (INSERT INTO topics (id, name_en, name_de) VALUES (bench.new_id(), %(click)s, %(click)s) RETURNING id),
consents AS (
    INSERT INTO standing_consents (id, user_id, account_id, topic_id, per_week, language, terms, agreed_at, ask_again_at)
    SELECT bench.new_id(), user_id, account_id, topic.id, 7, 'en', 'As agreed.', now(), now() + interval '180 days'
    FROM bench.people, topic WHERE number BETWEEN %(first)s::int AND %(last)s::int
), wordings AS (
    INSERT INTO variants (id, post_id, language, network, position, text)
    SELECT bench.new_id(), post_id, 'en', NULL, 0, 'Our new pump ran through the winter.' FROM bench.posts WHERE click = %(click)s
)
UPDATE posts SET topic_id = (SELECT id FROM topic) WHERE id IN (SELECT post_id FROM bench.posts WHERE click = %(click)s) RETURNING id
"""
PLANNED = "SELECT count(*)::int FROM plans WHERE post_id IN (SELECT post_id FROM bench.posts WHERE click = %(click)s)"
ABANDON = """
UPDATE deliveries SET state = 'cancelled', lease = NULL, leased_until = NULL
WHERE state = 'queued' AND post_id IN (SELECT post_id FROM bench.posts WHERE click = %(click)s)
"""


@dataclass(frozen=True)
class Batch:
    """Deliveries that were queued together: the people from `first` to `last`, and when each is due (in turn)."""

    click: str
    first: int
    last: int
    due: tuple[datetime, ...]

    @property
    def size(self) -> int:
        """How many deliveries."""
        return self.last - self.first + 1

    def due_of(self, account: str) -> float:
        """When this account's delivery was due, seconds since 1970."""
        return self.due[(int(account) - self.first) % len(self.due)].timestamp()

    def holds(self, account: str) -> bool:
        """Whether this account's delivery is one of them."""
        return self.first <= int(account) <= self.last


@dataclass(frozen=True)
class Agreed:
    """A post, and the people of `batch` with a standing consent for its topic."""

    batch: Batch
    id: str


class Ledger:
    """Fills the product's tables and reads how they stand."""

    def __init__(self, connection: Connection, crowd: Crowd, base_url: str) -> None:
        self._connection, self.crowd, self._base = connection, crowd, base_url
        connection.execute("CREATE TABLE bench.posts (click text, n int, post_id uuid, PRIMARY KEY (click, n))")
        self._ranks = connection.execute(
            "SELECT 1 FROM information_schema.columns WHERE table_name = 'deliveries' AND column_name = 'priority'"
        ).fetchone()

    def use(self, connection: Connection) -> None:
        """Another connection to the same database."""
        self._connection = self.crowd.connection = connection

    def queue(self, count: int, *, due: Sequence[datetime], posts: int = 1, spread: bool = True) -> Batch:
        """Deliveries of `count` fresh people, of one post or several, each due at its moment (in turn).

        `spread`: planned for a time, as a fan-out is; otherwise somebody waits for it.
        """
        first = self.crowd.take(count)
        batch = Batch(click_name(), first, first + count - 1, tuple(due))
        facts = {
            "click": batch.click, "first": first, "last": batch.last, "due": list(due), "posts": posts, "network": self.crowd.network,
            "base": self._base, "tag": batch.click[-6:], "priority": int(spread),
        }  # fmt: skip
        names, values = (", priority", ", %(priority)s") if self._ranks else ("", "")
        with self._connection.transaction():
            self._connection.execute(POSTS.encode(), facts)
            self._connection.execute(SHARES.format(extra_names=names, extra_values=values).encode(), facts)
        return batch

    def history(self, people: int, posts: int) -> Batch:
        """Posts from long ago, and the first `people` to have shared them; their rows are for the caller to make."""
        self.crowd.reserve(max(0, people - self.crowd.next))
        batch = Batch(click_name(), 1, people, ())
        self._connection.execute(POSTS.encode(), {"click": batch.click, "posts": posts})
        return batch

    def consenting(self, count: int) -> "Agreed | None":
        """A post that so many fresh people have agreed to in advance; None where the product knows no such thing."""
        if self._connection.execute("SELECT to_regclass('standing_consents')::text").fetchone() == (None,):
            return None
        first = self.crowd.take(count)
        batch = Batch(click_name(), first, first + count - 1, ())
        facts = {"click": batch.click, "posts": 1, "first": first, "last": batch.last}
        with self._connection.transaction():
            self._connection.execute(POSTS.encode(), facts)
            row = self._connection.execute(AGREED.encode(), facts).fetchone()
        return Agreed(batch, str(row[0])) if row else None

    def forget_readings(self) -> None:
        """Likes are counted later, and not here: that would be the next run's noise."""
        self._connection.execute("UPDATE deliveries SET reading_due_at = NULL WHERE reading_due_at IS NOT NULL")

    def planned(self, batch: Batch) -> int:
        """How many of a batch are planned, and their owners not told; none where the product knows no such thing."""
        if self._connection.execute("SELECT to_regclass('plans')::text").fetchone() == (None,):
            return 0
        row = self._connection.execute(PLANNED.encode(), {"click": batch.click}).fetchone()
        return int(str(row[0])) if row else 0

    def abandon(self, batch: Batch) -> None:
        """Let what has not left never leave; returns when nothing of the batch is on its way any more."""
        until(lambda: not self.planned(batch), seconds=90, every=0.2)
        self._connection.execute(ABANDON.encode(), {"click": batch.click})
        until(lambda: not self.states(batch).get("sending"), seconds=90, every=0.2)

    def states(self, batch: Batch) -> dict[str, int]:
        """How many of a batch are in each state."""
        rows = self._connection.execute(STATES.encode(), {"click": batch.click}).fetchall()
        return {str(state): int(str(count)) for state, count in rows}

    def published(self, batch: Batch) -> int:
        """How many of a batch are published."""
        return self.states(batch).get("published", 0)


def from_now(seconds: float) -> datetime:
    """A moment."""
    return datetime.fromtimestamp(datetime.now(UTC).timestamp() + seconds, UTC)
