"""P3, P4 and P5: a thousand deliveries at once, at a network that answers at once, after 100 ms and after 300 ms; and what each costs."""

from collections.abc import Sequence

from benchmarks.publishing.bench import Bench
from benchmarks.publishing.contestants import Run
from benchmarks.publishing.figures import Figure, Spread

SIZE = 1_000
LATENCIES = (0.1, 0.3)
IN_FLIGHT_WANTED = 64
PEERS_CPU_MS = 14.9


def at_once(bench: Bench) -> None:
    """P3 and P5: no waiting for the network, so only our own cost counts."""
    size = bench.size(SIZE)
    bench.ground.judge.set()
    runs = bench.block("P3", lambda: bench.interleaved({bench.floor: size, bench.naive: size, bench.ours: size}))
    ours, floor, naive = (runs[name] for name in ("ours", "floor", "naive"))
    wall = walls(ours)
    bench.report.add(
        Figure(
            "P3",
            f"{size} deliveries, stub 0 ms: due to last arrival",
            f"{wall:.2f} s ({size / wall.median:.0f}/s)",
            f"floor {walls(floor):.2f}, naive {walls(naive):.2f} s{_others(bench)}",
            "<= 2.5 s",
            wall.median <= 2.5 * size / SIZE,
        ),
        Figure("P3", "recorded as published", f"{Spread.of([run.recorded for run in ours]):.2f} s"),
        Figure("P3", "twice posted, lost, over all rounds", fates(ours), f"naive {fates(naive)}", "0, 0", fates(ours) == "0, 0"),
        _cost(size, ours, floor, naive),
        Figure("P5", "of that " + ", ".join(ours[0].cpu), " + ".join(f"{1000 * part:.2f}" for part in parts(ours)) + " ms"),
    )


def waiting(bench: Bench) -> None:
    """P4: the network takes its time, so requests must overlap. The naive design waits two at a time: a tenth of the rows, times ten."""
    size = bench.size(SIZE)
    for latency, target in zip(LATENCIES, (3.0, 5.0), strict=True):
        bench.ground.judge.set(latency=latency)
        few = max(10, size // 10)
        runs = bench.block("P4", lambda few=few: bench.interleaved({bench.floor: size, bench.naive: few, bench.ours: size}))  # type: ignore[misc]
        ours, wall = runs["ours"], walls(runs["ours"])
        naive = Spread.of([run.wall * size / few for run in runs["naive"]])
        flying = min(run.in_flight for run in ours)
        bench.report.add(
            Figure(
                "P4",
                f"{size} deliveries, stub {latency * 1000:.0f} ms: due to last arrival",
                f"{wall:.2f} s",
                f"floor {walls(runs['floor']):.2f}, naive {naive:.0f} s (from {few} rows)",
                f"<= {target:.0f} s",
                wall.median <= target,
            ),
            Figure("P4", "most in flight, two workers", str(flying), "floor 64", ">= 128", flying >= 2 * IN_FLIGHT_WANTED),
            Figure("P4", "processor time a delivery", f"{costs(ours):.2f} ms", f"floor {costs(runs['floor']):.2f} ms"),
        )
    bench.ground.judge.set()


def _cost(size: int, ours: Sequence[Run], floor: Sequence[Run], naive: Sequence[Run]) -> Figure:
    cost = costs(ours)
    what = f"processor time a delivery ({size}, workers + schedule + PostgreSQL + Redis)"
    return Figure("P5", what, f"{cost:.2f} ms", f"floor {costs(floor):.2f}, naive {costs(naive):.2f} ms", "<= 2.0 ms", cost.median <= 2.0)


def _others(bench: Bench) -> str:
    return "".join(f", {peer.rule} {peer.thousand:.0f} s" for peer in bench.peers)


def walls(runs: Sequence[Run]) -> Spread:
    """Seconds from due to the last arrival."""
    return Spread.of([run.wall for run in runs])


def costs(runs: Sequence[Run]) -> Spread:
    """Milliseconds of processor time a delivery, all families."""
    return Spread.of([1000 * run.total_cpu / run.size for run in runs])


def parts(runs: Sequence[Run]) -> list[float]:
    """Seconds of processor time a delivery by family, the medians."""
    return [Spread.of([run.cpu[name] / run.size for run in runs]).median for name in runs[0].cpu]


def fates(runs: Sequence[Run]) -> str:
    """Twice posted and lost, over all runs."""
    return f"{sum(run.doubled for run in runs)}, {sum(run.lost for run in runs)}"
