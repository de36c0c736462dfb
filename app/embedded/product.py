"""Our own processes: what each is called with, and what they are told."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from app.embedded.process import Service
from app.embedded.servers import given

ROOT = Path(__file__).resolve().parents[2]
SMALL_MACHINE = 1536 * 1024 * 1024
FIRST_TO_STOP, WORKER, PRACTICE = 1, 2, 3


def environment(addresses: Mapping[str, str], secrets: Mapping[str, str], *, port: int, practice_port: int) -> dict[str, str]:
    """The settings of our processes: what the operator set wins, what is missing we fill in."""
    practice = f"http://127.0.0.1:{practice_port}"
    ours = {
        "SECRET_KEY": secrets["SECRET_KEY"],
        "ENCRYPTION_KEYS": secrets["ENCRYPTION_KEYS"],
        "PRACTICE_CONTROL_TOKEN": secrets["PRACTICE_CONTROL_TOKEN"],
        "BASE_URL": f"http://localhost:{port}",
        "OUTSPOKEN_ENV": "development",
        "PRACTICE_URL": practice,
        "ALLOWED_PRIVATE_HOSTS": f"127.0.0.1:{practice_port}",
    }
    missing = {name: value for name, value in ours.items() if not given(name)}
    # Few memory arenas: our processes have threads, and each arena keeps what a thread once needed.
    return {**os.environ, "PYTHONUNBUFFERED": "1", "MALLOC_ARENA_MAX": "2", **missing, **addresses}


def command(name: str, *arguments: str, env: Mapping[str, str]) -> Service:
    """One of our commands that runs to its end (migrate, demo)."""
    return Service(name, (sys.executable, "-m", "app", name, *arguments), env, ROOT, stage=FIRST_TO_STOP)


def practice(env: Mapping[str, str], *, port: int, data: Path) -> Service:
    """The practice network."""
    arguments = ("--port", str(port), "--data", str(data), "--base-url", env["PRACTICE_URL"])
    return Service("practice", (sys.executable, "-m", "app.practice", *arguments), env, ROOT, stage=PRACTICE)


def web(env: Mapping[str, str], *, port: int) -> Service:
    """The pages. A granian worker that is still starting misses the signal to stop, so its parent must not wait for ever."""
    arguments = ("web", "--port", str(port), "--workers", str(_web_processes()))
    env = {**env, "GRANIAN_WORKERS_KILL_TIMEOUT": "3"}
    return Service("web", (sys.executable, "-m", "app", *arguments), env, ROOT, stage=FIRST_TO_STOP)


def worker(env: Mapping[str, str]) -> Service:
    """The Celery worker. It gets longer than the others: a delivery under way should be written down."""
    return Service("worker", (sys.executable, "-m", "app", "worker"), env, ROOT, stage=WORKER, grace=25.0)


def beat(env: Mapping[str, str]) -> Service:
    """The schedule."""
    return Service("beat", (sys.executable, "-m", "app", "beat"), env, ROOT, stage=FIRST_TO_STOP)


def _web_processes() -> int:
    """Two, so that one slow page never holds up the others; one where memory or processors are scarce."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 1 if (os.cpu_count() or 1) < 2 or memory < SMALL_MACHINE else 2
