"""What PostgreSQL does for the statements by which the ledger looks for work: written down by itself (auto_explain) while it works."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.publishing.bench import Bench

ON = {
    "session_preload_libraries": "'auto_explain'",
    "auto_explain.log_min_duration": "0",
    "auto_explain.log_analyze": "on",
    "auto_explain.log_buffers": "on",
    "auto_explain.log_timing": "off",
}
LOOKS_FOR_WORK = re.compile(r"skip locked|due_at\s*(<|>|<=|>=)|min\([^)]*due_at|order by[^)]*due_at", re.IGNORECASE)
ENTRY = re.compile(r"duration: ([\d.]+) ms  plan:$")
LONGEST = 60


@dataclass
class Statement:
    """One statement with how often it ran, its times in milliseconds, and the plan of its slowest run."""

    text: str
    times: list[float]
    plan: str

    def __str__(self) -> str:
        times = sorted(self.times)
        plan = "\n".join(f"    {line}" for line in self.plan.splitlines()[:LONGEST])
        return f"{len(times)} times, median {times[len(times) // 2]:.2f} ms, slowest {times[-1]:.2f} ms:\n    {self.text[:600]}\n{plan}"


def watched(bench: Bench, size: int) -> list[Statement]:
    """Let the workers start anew with PostgreSQL explaining itself, publish once, and read what it wrote."""
    log = bench.ground.logs / "postgres.log"
    with bench.ground.admin("postgres") as connection:
        for name, value in ON.items():
            connection.execute(f"ALTER DATABASE outspoken SET {name} = {value}".encode())
    _restart(bench)
    start = log.stat().st_size
    bench.ours.run(size)
    found = read(log, start)
    with bench.ground.admin("postgres") as connection:
        connection.execute("ALTER DATABASE outspoken RESET ALL")
    _restart(bench)
    return sorted(found, key=lambda one: -sum(one.times))


def read(log: Path, start: int) -> list[Statement]:
    """The statements on deliveries that look for work, by their text."""
    found: dict[str, Statement] = {}
    for time, lines in _entries(log, start):
        text, plan = _parts(lines)
        if "deliveries" not in text or not LOOKS_FOR_WORK.search(text):
            continue
        known = found.setdefault(re.sub(r"\d+", "0", text), Statement(text, [], plan))
        if time >= max(known.times, default=0.0):
            known.plan = plan
        known.times.append(time)
    return list(found.values())


def _entries(log: Path, start: int) -> Iterator[tuple[float, list[str]]]:
    """Each entry's duration and its lines, which PostgreSQL indents."""
    with log.open(encoding="utf-8", errors="replace") as file:
        file.seek(start)
        time, lines = 0.0, list[str]()
        for line in file:
            if line.startswith("\t"):
                lines.append(line[1:].rstrip())
                continue
            if lines:
                yield time, lines
            head = ENTRY.search(line.rstrip())
            time, lines = (float(head[1]) if head else 0.0), []
        if lines:
            yield time, lines


def _parts(lines: list[str]) -> tuple[str, str]:
    """The statement on one line, and its plan."""
    first = next((place for place, line in enumerate(lines) if re.search(r"\(cost=", line)), len(lines))
    said = [line for line in lines[:first] if not line.startswith("Query Parameters:")]
    text = " ".join(" ".join(said).removeprefix("Query Text:").split())
    return text, "\n".join(lines[first:])


def _restart(bench: Bench) -> None:
    numbers = range(1, 1 + len(bench.ground.workers))
    for child in list(bench.ground.workers):
        bench.ground.end(child, kill=False)
    for number in numbers:
        bench.ground.start_worker(number)
    bench.ours.run(20)
