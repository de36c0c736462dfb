"""Memory and processor time of the idle product, by process.

    .venv/bin/python -m benchmarks.idle DIR [SECONDS] [--used]

Memory is PSS (a page that several processes share is divided among them), from /proc; Linux only. With `--used` every page is asked for
a few times first, then nothing happens for a minute.
"""

import json
import sys
import time
from pathlib import Path

from benchmarks.pages import PAGES
from benchmarks.product import Product, running, sign_in
from benchmarks.publishing.processes import cpu, family

SERVERS = ("postgres", "valkey")
ROUNDS, REST = 6, 60


def main(data: Path, seconds: int, *, used: bool) -> None:
    """Print each process family, then our sum without database and broker."""
    product = running(data)
    if used:
        use(product)
        show("right after use", data, product, 1)
        time.sleep(REST)
    show("at rest", data, product, seconds)


def use(product: Product) -> None:
    """Every page a few times, by its own kind of person, over new connections: both processes serve."""
    for email in sorted({email for email, _ in PAGES}):
        browser = sign_in(product, email)
        for path in ROUNDS * [path for one, path in PAGES if one == email]:
            browser.get(product.base_url + path, headers={"Connection": "close"}, timeout=30).raise_for_status()


def members(data: Path, product: Product) -> list[tuple[str, list[int]]]:
    """The name of each process that we have started, and the ids of it and of all that it started itself."""
    started = json.loads((data / "run.json").read_text())["processes"]
    return [
        ("supervisor", [product.supervisor]),
        *((one["name"], family(one["pid"])) for one in started),
    ]


def show(when: str, data: Path, product: Product, seconds: int) -> None:
    """One table: memory at the end, processor time over these seconds."""
    before = {name: cpu(pids) for name, pids in members(data, product)}
    time.sleep(seconds)
    ours_mib = ours_cpu = 0.0
    print(when)
    for name, pids in members(data, product):
        mib, percent = sum(pss(one) for one in pids) / 1024, (cpu(pids) - before[name]) / seconds * 100
        print(f"  {name:36} {len(pids):3} processes {mib:7.1f} MiB {percent:6.2f} % CPU")
        if name not in SERVERS:
            ours_mib, ours_cpu = ours_mib + mib, ours_cpu + percent
    print(f"  {'ours, without database and broker':36} {'':13} {ours_mib:7.1f} MiB {ours_cpu:6.2f} % CPU", flush=True)


def pss(pid: int) -> int:
    """KiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    plain = [argument for argument in sys.argv[1:] if argument != "--used"]
    main(Path(plain[0]), int(plain[1]) if len(plain) > 1 else 60, used="--used" in sys.argv)
