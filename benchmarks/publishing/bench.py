"""One run of the benchmark: its ground, its contestants, how many rounds, and the report."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from benchmarks.publishing import machine, peers
from benchmarks.publishing.contestants import Contestant, Floor, Naive, Ours, Run
from benchmarks.publishing.crowd import Connection, Crowd
from benchmarks.publishing.figures import Report
from benchmarks.publishing.ground import Ground
from benchmarks.publishing.ledger import Ledger
from benchmarks.publishing.peers import Peer

Found = TypeVar("Found")


@dataclass
class Bench:
    """`quick` makes everything a tenth as large: for trying out, not for figures."""

    ground: Ground
    report: Report
    rounds: int = 5
    quick: bool = False
    repeats: int = 2
    largest: int = 100_000
    old: int = 5_000_000
    pictures: Path | None = None

    @cached_property
    def connection(self) -> Connection:
        """The harness's own connection to the product's database."""
        return self.ground.admin()

    @cached_property
    def ledger(self) -> Ledger:
        """The product's tables, with a crowd at the stub network."""
        crowd = Crowd(self.connection, f"127.0.0.1:{self.ground.stub_port}")
        return Ledger(self.connection, crowd, self.ground.environment["BASE_URL"])

    @cached_property
    def ours(self) -> Ours:
        """Started, and warm."""
        ours = Ours(self.ground, self.ledger)
        self.ground.start_product()
        ours.run(64)
        return ours

    @cached_property
    def naive(self) -> Naive:
        """Started, and warm."""
        naive = Naive(self.ground)
        naive.run(20)
        return naive

    @cached_property
    def floor(self) -> Floor:
        """Needs no warming: it is a program that starts anew each time."""
        return Floor(self.ground)

    @cached_property
    def peers(self) -> list[Peer]:
        """What other programs' rules come to; measured once, and not when trying out, because their timers take minutes."""
        return [] if self.quick else peers.measure(self.ground)

    def reconnect(self) -> None:
        """The database has been away: its old connections are worth nothing."""
        self.close()
        self.ledger.use(self.connection)

    def close(self) -> None:
        """Close the harness's own connections; the next use opens others."""
        if "naive" in self.__dict__:
            self.naive.close()
        if "connection" in self.__dict__:
            self.connection.close()
            del self.connection

    def size(self, full: int) -> int:
        """The size of a workload in this run."""
        return max(10, full // 10) if self.quick else full

    def interleaved(self, entries: Mapping[Contestant, int]) -> dict[str, list[Run]]:
        """Every contestant in turn with its size, as many rounds as asked for."""
        found: dict[str, list[Run]] = {one.name: [] for one in entries}
        for _ in range(self.rounds):
            for contestant, size in entries.items():
                found[contestant.name].append(contestant.run(size))
        return found

    def block(self, name: str, measure: Callable[[], Found]) -> Found:
        """Measure between two fingerprints; again when the machine has changed meanwhile, and marked noisy when it always does."""
        for _ in range(1 if self.quick else 1 + self.repeats):
            before = machine.fingerprint(self.naive)
            found = measure()
            after = machine.fingerprint(self.naive)
            moved = before.moved(after)
            if moved <= machine.MOVED:
                break
        verdict = f"moved {moved:.0%}" + (", NOISY" if moved > machine.MOVED else "")
        self.report.note(f"{name}: machine before: {before}; after: {after}; {verdict}")
        return found
