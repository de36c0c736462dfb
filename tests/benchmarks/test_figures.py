"""What the benchmark makes of its measurements."""

from pathlib import Path

import pytest

from benchmarks.publishing.drawing import Curve, draw
from benchmarks.publishing.figures import Figure, Report, Spread, exponent, percentile
from benchmarks.publishing.kills import Story, figures
from benchmarks.publishing.latency import Waits
from benchmarks.publishing.ledger import Batch
from benchmarks.publishing.plans import read

LOG = """\
2026-11-23 UTC [1] LOG:  duration: 0.5 ms  plan:
\tQuery Text: SELECT id FROM deliveries WHERE due_at <= $1
\t\tFOR UPDATE SKIP LOCKED
\tLockRows  (cost=0.12..14.26 rows=1 width=48) (actual rows=1.00 loops=1)
\t  Buffers: shared hit=4
2026-11-23 UTC [1] LOG:  duration: 0.1 ms  plan:
\tQuery Text: SELECT name FROM users
\tSeq Scan on users  (cost=0.00..1.00 rows=1 width=48)
2026-11-23 UTC [1] LOG:  duration: 2.5 ms  plan:
\tQuery Text: SELECT id FROM deliveries WHERE due_at <= $1
\t\tFOR UPDATE SKIP LOCKED
\tLockRows  (cost=0.12..99.00 rows=1 width=48) (actual rows=9.00 loops=1)
"""


def test_the_exponent_of_what_grows_in_proportion_is_one_and_of_a_square_two() -> None:
    sizes = [1_000, 10_000, 100_000]
    assert exponent(sizes, [3 * size for size in sizes]) == pytest.approx(1)
    assert exponent(sizes, [size**2 / 7 for size in sizes]) == pytest.approx(2)
    assert exponent(sizes, [5, 5, 5]) == pytest.approx(0)


def test_percentiles_go_by_the_nearest_rank() -> None:
    values = [float(number) for number in range(1, 201)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile([4.0], 0.95)) == (100, 190, 4)


def test_a_spread_says_the_median_and_both_ends() -> None:
    assert f"{Spread.of([3, 1, 2]):.1f}" == "2.0 [1.0 .. 3.0]"


def test_percentiles_are_taken_of_each_round_and_then_their_median() -> None:
    waits = Waits.of([[0.001, 0.002, 0.005], [0.002, 0.004, 0.009], [0.003, 0.003, 0.100]])
    assert str(waits) == "3.0 [2.0 .. 4.0] / 9.0 [5.0 .. 100.0] / 9.0 [5.0 .. 100.0] ms"
    assert (waits.count, waits.least) == (9, 1.0)


def test_what_a_crash_cost_is_summed_and_one_late_round_is_too_many() -> None:
    batch = Batch("bench", 1, 1_000, ())
    rounds = [
        Story("workers killed", batch, pause, unconfirmed=2, lost=lost, states={"published": 1_000 - lost})
        for pause, lost in ((1.0, 0), (0.5, 1), (6.0, 0))
    ]
    fates, pause, _ended = figures(rounds)
    assert (fates.what, fates.ours, fates.holds) == ("workers killed of 3000", "1 lost, 0 doubled, 6 unconfirmed for a while", False)
    assert (pause.ours, pause.holds) == ("1.0 [0.5 .. 6.0] s", False)


def test_the_table_says_what_was_missed_unless_it_was_only_a_try() -> None:
    figure = Figure("P3", "a thousand", "9 s", "floor 1 s", "<= 2.5 s", holds=False)
    strict, lenient = Report(), Report(judges=False)
    strict.add(figure)
    lenient.add(figure)
    assert "| P3 | a thousand | 9 s | floor 1 s | <= 2.5 s | MISSED |" in strict.table()
    assert "MISSED" not in lenient.table()


def test_the_drawing_holds_every_point_within_its_frame() -> None:
    picture = draw("Growth", [Curve("cost", [(1_000, 2.5), (10_000, 2.4), (100_000, 30)]), Curve("time", [(1_000, 1), (100_000, 99)])])
    assert picture.count("<circle") == 5
    spots = [float(part.split('"')[1]) for part in picture.split("<circle")[1:]]
    assert all(0 < spot < 640 for spot in spots)
    assert spots[:3] == sorted(spots[:3])


def test_plans_are_read_for_the_statements_that_look_for_work_the_slowest_run_of_each(tmp_path: Path) -> None:
    log = tmp_path / "postgres.log"
    log.write_text(LOG)
    [found] = read(log, 0)
    assert found.text == "SELECT id FROM deliveries WHERE due_at <= $1 FOR UPDATE SKIP LOCKED"
    assert found.times == [0.5, 2.5]
    assert found.plan.startswith("LockRows  (cost=0.12..99.00")
