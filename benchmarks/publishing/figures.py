"""Figures and how they are printed: medians with their spread, ours beside a reference, a target, and whether it holds."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Spread:
    """The median of some rounds, with the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Of at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    def __format__(self, form: str) -> str:
        return f"{self.median:{form}} [{self.least:{form}} .. {self.most:{form}}]"


@dataclass(frozen=True)
class Figure:
    """One line of the table. `holds` is None where there is no target."""

    name: str
    what: str
    ours: str
    reference: str = ""
    target: str = ""
    holds: bool | None = None


@dataclass
class Report:
    """All lines of a run, printed as they come and once more as a whole. Where it does not judge, a run was only for trying out."""

    judges: bool = True
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, *figures: Figure) -> None:
        """Take a line and print it at once."""
        for one in figures:
            figure = one if self.judges else replace(one, holds=None)
            self.figures.append(figure)
            print(_line(figure), flush=True)

    def note(self, text: str) -> None:
        """Something that belongs to the run, but is no figure."""
        self.notes.append(text)
        print(text, flush=True)

    def say(self, text: str) -> None:
        """How far a long workload is; not kept."""
        print(f"     ... {text}", flush=True)

    def table(self) -> str:
        """A Markdown table, then the notes."""
        head = ["| | what | ours | reference | target | |", "|---|---|---|---|---|---|"]
        rows = [f"| {one.name} | {one.what} | {one.ours} | {one.reference} | {one.target} | {_mark(one)} |" for one in self.figures]
        return "\n".join([*head, *rows, "", *(f"- {note}" for note in self.notes if note)])


def _line(figure: Figure) -> str:
    aim = f"   target {figure.target}" if figure.target else ""
    beside = f"   : {figure.reference}" if figure.reference else ""
    return f"{figure.name:4} {figure.what:58} {figure.ours}{beside}{aim} {_mark(figure)}"


def _mark(figure: Figure) -> str:
    return {None: "", True: "holds", False: "MISSED"}[figure.holds]


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which this share (0 to 1) of the values lies, by the nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The power of the size with which the cost grows: the slope through the logarithms."""
    return statistics.linear_regression([math.log(size) for size in sizes], [math.log(max(cost, 1e-9)) for cost in costs]).slope
