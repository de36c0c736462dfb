"""Who runs, in DATA/run.json: read at the next start, to end what a crash left, and by other commands, to find the servers."""

import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app.embedded.directory import write_private
from app.embedded.process import Child, started_at

GENTLE_SECONDS = 5.0


def record(path: Path, children: list[Child], environment: Mapping[str, str]) -> None:
    """Write down our processes and the addresses of the servers (readable by us alone: it holds passwords)."""
    processes = [
        {
            "name": child.service.name,
            "pid": child.popen.pid,
            "started": started_at(child.popen.pid),
            "signal": int(child.service.stop_signal),
        }
        for child in children
    ]
    write_private(path, json.dumps({"supervisor": os.getpid(), "processes": processes, "environment": dict(environment)}))


def forget(path: Path) -> None:
    """Nothing runs any more."""
    path.unlink(missing_ok=True)


def clean(path: Path) -> int:
    """End what an earlier run left alive (only where no supervisor's death is noticed); returns how many there were.

    A process counts as ours only when pid and start time both agree.
    """
    left = [entry for entry in _read(path) if _alive(entry)]
    for entry in left:
        _send(entry, entry["signal"])
    deadline = time.monotonic() + GENTLE_SECONDS
    while any(_alive(entry) for entry in left) and time.monotonic() < deadline:
        time.sleep(0.05)
    for entry in left:
        if _alive(entry):
            _send(entry, signal.SIGKILL)
    forget(path)
    return len(left)


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        return [dict(entry) for entry in json.loads(path.read_text())["processes"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _alive(entry: dict[str, Any]) -> bool:
    return bool(entry["started"]) and started_at(entry["pid"]) == entry["started"]


def _send(entry: dict[str, Any], number: int) -> None:
    try:
        if number == signal.SIGKILL:
            os.killpg(entry["pid"], number)
        else:
            os.kill(entry["pid"], number)
    except ProcessLookupError:
        return
