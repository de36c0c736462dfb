"""The command line: which workloads, how many rounds, of which checkout."""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from benchmarks.publishing import budget, fanout, growth, kills, latency, machine, old, storms, throughput
from benchmarks.publishing.bench import Bench
from benchmarks.publishing.figures import Report
from benchmarks.publishing.ground import ROOT, Ground

WORKLOADS: dict[str, Callable[[Bench], None]] = {
    "P1": latency.single,
    "P2": fanout.durable,
    "P3": throughput.at_once,
    "P4": throughput.waiting,
    "P5": throughput.at_once,
    "P6": growth.curve,
    "P7": latency.crowded,
    "P8": kills.crashes,
    "P9": storms.storms,
    "P10": budget.kept,
    "OLD": old.ledger,
}


def main() -> None:
    """Measure what was asked for, print every line as it comes, and the whole table at the end."""
    parser = argparse.ArgumentParser(prog="benchmarks.publishing", description=__doc__)
    parser.add_argument("workloads", nargs="*", metavar="P1 .. P10", help="all when none is named")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything and one round: for trying out, not for figures")
    parser.add_argument("--repeats", type=int, default=2, help="how often a block is repeated because the machine has changed meanwhile")
    parser.add_argument("--largest", type=int, default=100_000, help="the largest size of P6")
    parser.add_argument("--old", type=int, default=5_000_000, help="how many old rows OLD makes")
    parser.add_argument("--pictures", type=Path, help="draw the curves of growth into this directory")
    parser.add_argument("--product", type=Path, default=ROOT, help="another checkout whose workers are measured instead")
    parser.add_argument("--table", type=Path, help="also write the table into this file")
    given = parser.parse_args()
    wanted = given.workloads or list(WORKLOADS)
    unknown = [name for name in wanted if name not in WORKLOADS]
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(WORKLOADS)}")
    signal.signal(signal.SIGTERM, _interrupted)
    report = Report(judges=not given.quick)
    try:
        with Ground(product=given.product) as ground:
            rounds = 1 if given.quick else given.rounds
            bench = Bench(ground, report, rounds, given.quick, given.repeats, given.largest, given.old, given.pictures)
            report.note(machine.describe())
            for workload in dict.fromkeys(WORKLOADS[name] for name in wanted):
                workload(bench)
            bench.close()
    except KeyboardInterrupt:
        sys.exit(130)
    print("\n" + report.table())
    if given.table:
        given.table.write_text(report.table() + "\n")


def _interrupted(number: int, frame: object) -> NoReturn:
    del number, frame
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
