"""OLD: five million deliveries that were published long ago. They may change nothing, and the plans show why."""

from dataclasses import dataclass

from benchmarks.publishing import plans
from benchmarks.publishing.bench import Bench
from benchmarks.publishing.contestants import Run
from benchmarks.publishing.crowd import Connection
from benchmarks.publishing.figures import Figure, Spread, percentile
from benchmarks.publishing.latency import planned_waits
from benchmarks.publishing.throughput import costs, walls

SIZE, EACH = 1_000, 500
SINGLES = 60
# What is not kept by a constraint is built anew afterwards: faster than row by row.
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid IN ('deliveries'::regclass, 'shares'::regclass)
    AND indexrelid NOT IN (SELECT conindid FROM pg_constraint WHERE conindid <> 0 AND contype <> 'f')
"""
SHARES = """
INSERT INTO shares (id, user_id, post_id, click, language, words, created_at)
SELECT bench.new_id(), p.user_id, b.post_id, 'old ' || b.n, 'en', '', now() - b.n * interval '1 day'
FROM bench.posts b CROSS JOIN bench.people p WHERE b.click = %(click)s AND p.number <= %(people)s
"""
DELIVERIES = """
INSERT INTO deliveries (id, share_id, user_id, post_id, account_id, network, language, text, text_hash, state, due_at, latest_at, tries,
    looks, lease, sent_at, remote_id, remote_url, published_at, counts, payload, created_at)
SELECT bench.new_id(), s.id, s.user_id, s.post_id, p.account_id, %(network)s, 'en', 'Our new pump ran through the winter.', md5(s.click),
    'published', s.created_at, s.created_at + interval '2 hours', 0, 0, NULL, s.created_at, p.number::text,
    'https://social.example/@p/' || p.number, s.created_at, '{"likes": 3}', '{"body": {"status": "Our new pump"}}', s.created_at
FROM shares s JOIN bench.people p ON p.user_id = s.user_id
JOIN bench.posts b ON b.post_id = s.post_id AND b.click = %(click)s
"""


@dataclass(frozen=True)
class State:
    """All rounds at one age of the ledger: runs of a thousand, and p50 of single posts in seconds, round by round."""

    runs: list[Run]
    singles: list[float]

    @property
    def waits(self) -> Spread:
        """Milliseconds."""
        return Spread.of([1000 * wait for wait in self.singles])


def ledger(bench: Bench) -> None:
    """The same figures without and with the old rows, which come only once; then the plans of the statements that look for work."""
    assert bench.ours
    bench.ground.judge.set()
    size = bench.size(SIZE)
    young = _state(bench, size)
    bench.report.say(f"OLD: without old rows {costs(young.runs):.2f} ms; now they are made")
    rows = fill(bench, bench.old)
    aged = _state(bench, size)
    ratio = costs(aged.runs).median / costs(young.runs).median
    named, cost = f"{rows:,} old rows", f"{costs(aged.runs):.2f} ms"
    without = f"without {costs(young.runs):.2f} ms"
    bench.report.add(
        Figure("OLD", f"processor time a delivery beside {named}", cost, without, "<= 1.15 x", ratio <= 1.15),
        Figure("OLD", f"{size} deliveries beside {named}", f"{walls(aged.runs):.2f} s", f"without {walls(young.runs):.2f} s"),
        Figure("OLD", f"single post beside {named}, p50", f"{aged.waits:.1f} ms", f"without {young.waits:.1f} ms"),
    )
    for statement in plans.watched(bench, size):
        bench.report.note(str(statement))


def _state(bench: Bench, size: int) -> State:
    """A run, then single posts, as many rounds as asked for."""
    found = State([], [])
    for _ in range(bench.rounds):
        found.runs.append(bench.ours.run(size))
        found.singles.append(percentile(planned_waits(bench, bench.size(SINGLES)), 0.5))
    return found


def fill(bench: Bench, wanted: int) -> int:
    """Old rows of ten thousand people, or fewer when fewer are wanted: each has shared hundreds of posts; returns how many were made."""
    posts = min(EACH, max(1, wanted // 100))
    people = max(1, wanted // posts)
    batch = bench.ledger.history(people, posts)
    connection, facts = bench.connection, {"click": batch.click, "people": people, "network": bench.ledger.crowd.network}
    indexes = [(str(name), str(made)) for name, made in connection.execute(INDEXES.encode()).fetchall()]
    connection.execute("SET session_replication_role = replica")
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}".encode())
    for statement in (SHARES, DELIVERIES):
        connection.execute(statement.encode(), facts)
    connection.execute("SET session_replication_role = origin")
    connection.execute("SET maintenance_work_mem = '512MB'")
    for _, made in indexes:
        connection.execute(made.encode())
    connection.execute("VACUUM (ANALYZE) deliveries, shares")
    connection.execute("CHECKPOINT")  # else writing down five million rows would be counted as the price of a delivery
    return _count(connection)


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*)::int FROM deliveries WHERE created_at < now() - interval '12 hours'").fetchone()
    return int(str(row[0])) if row else 0
