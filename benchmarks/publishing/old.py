"""OLD: five million deliveries that were published long ago. They may change nothing, and the plans show why."""

from benchmarks.publishing import plans
from benchmarks.publishing.bench import Bench
from benchmarks.publishing.contestants import Run
from benchmarks.publishing.crowd import Connection
from benchmarks.publishing.figures import Figure, percentile
from benchmarks.publishing.latency import planned_waits
from benchmarks.publishing.throughput import costs, walls

SIZE, EACH = 1_000, 500
SINGLES, ROUNDS = 60, 3
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


def ledger(bench: Bench) -> None:
    """The same figures without and with the old rows, then the plans of the statements that look for work."""
    assert bench.ours
    bench.ground.judge.set()
    size = bench.size(SIZE)
    young, young_waits = _runs(bench, size), planned_waits(bench, bench.size(SINGLES))
    bench.report.say(f"OLD: without old rows {costs(young):.2f} ms; now they are made")
    rows = fill(bench, bench.old)
    aged, aged_waits = _runs(bench, size), planned_waits(bench, bench.size(SINGLES))
    ratio = costs(aged).median / costs(young).median
    p50, before = percentile(aged_waits, 0.5), percentile(young_waits, 0.5)
    named, cost = f"{rows:,} old rows", f"{costs(aged):.2f} ms"
    without = f"without {costs(young):.2f} ms"
    bench.report.add(
        Figure("OLD", f"processor time a delivery beside {named}", cost, without, "<= 1.15 x", ratio <= 1.15),
        Figure("OLD", f"{size} deliveries beside {named}", f"{walls(aged):.2f} s", f"without {walls(young):.2f} s"),
        Figure("OLD", f"single post beside {named}, p50", f"{1000 * p50:.0f} ms", f"without {1000 * before:.0f} ms"),
    )
    for statement in plans.watched(bench, size):
        bench.report.note(str(statement))


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


def _runs(bench: Bench, size: int) -> list[Run]:
    return [bench.ours.run(size) for _ in range(min(bench.rounds, ROUNDS))]


def _count(connection: Connection) -> int:
    row = connection.execute("SELECT count(*)::int FROM deliveries WHERE created_at < now() - interval '12 hours'").fetchone()
    return int(str(row[0])) if row else 0
