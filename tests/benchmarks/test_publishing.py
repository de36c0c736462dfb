"""The whole benchmark with tiny numbers, on servers of its own: every contestant publishes, the judge counts, and nothing stays behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import config
from app import nudges
from benchmarks.publishing import fanout, latency, old
from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Report
from benchmarks.publishing.ground import ROOT, Ground
from benchmarks.publishing.ledger import from_now
from benchmarks.publishing.processes import family, resident, seconds


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One small run; the settings of the test session come back afterwards."""
    environment, settings = dict(os.environ), config.settings()
    config.use(settings)
    with Ground() as ground:
        config.use(config.load(ground.environment))
        made = Bench(ground, Report(judges=False), rounds=1, quick=True)
        yield made
        made.close()
    while nudges._producers:
        nudges._producers.popitem()[1].close()
    os.environ.clear()
    os.environ.update(environment)
    config.use(settings)


def test_every_contestant_publishes_each_delivery_once(bench: Bench) -> None:
    runs = bench.interleaved({bench.floor: 30, bench.naive: 10, bench.ours: 30})
    assert {name: [(run.made, run.doubled, run.lost) for run in found] for name, found in runs.items()} == {
        "floor": [(30, 0, 0)],
        "naive": [(10, 0, 0)],
        "ours": [(30, 0, 0)],
    }
    ours = runs["ours"][0]
    assert set(ours.cpu) == {"worker", "postgres", "redis", "beat"}
    assert ours.cpu["worker"] > 0
    assert ours.arrivals[0].key, "the product sends its key"


def test_a_planned_post_and_a_clicked_one_arrive_and_never_before_their_time(bench: Bench) -> None:
    planned = latency.planned_waits(bench, 3)
    assert len(planned) == 3
    assert min(planned) >= 0
    assert len(latency.clicked_waits(bench, 2, pause=0.01)) == 2


def test_an_approval_plans_for_all_who_have_agreed(bench: Bench) -> None:
    found = fanout.approve(bench, 12)
    assert found.rows == 12
    assert min(found.wall, found.told) > 0


def test_old_rows_are_the_ledgers_own_and_its_indexes_are_there_again(bench: Bench) -> None:
    before = bench.connection.execute("SELECT count(*)::int FROM pg_indexes WHERE tablename = 'deliveries'").fetchone()
    assert old.fill(bench, 600) == 600
    assert bench.connection.execute("SELECT count(*)::int FROM pg_indexes WHERE tablename = 'deliveries'").fetchone() == before


def test_what_is_abandoned_never_leaves(bench: Bench) -> None:
    batch = bench.ledger.queue(5, due=[from_now(3600)])
    bench.ledger.abandon(batch)
    assert bench.ledger.states(batch) == {"cancelled": 5}


def test_processor_time_counts_children_that_have_ended() -> None:
    before = seconds(os.getpid())
    subprocess.run([sys.executable, "-c", "sum(range(20_000_000))"], check=True)
    assert seconds(os.getpid()) - before >= 0.1
    assert os.getpid() in family(os.getpid())
    assert resident(os.getpid()) > 1


def test_an_interrupted_run_leaves_nothing_behind(tmp_path: Path) -> None:
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents[:3]:
        parent.chmod(0o755)
    run = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.publishing", "P3", "--quick"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert run.stdout
    assert "processors" in run.stdout.readline(), "the ground is ready"
    time.sleep(1)
    children = family(run.pid)[1:]
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)
    assert run.returncode == 130
    assert [path for path in tmp_path.iterdir() if list(path.iterdir())] == [], "but for an empty directory of Python's own"
    end = time.monotonic() + 20
    while left := [pid for pid in children if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < end, left
        time.sleep(0.1)
