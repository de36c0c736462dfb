"""Our own processes: what each is called with, and what they are told."""

import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from app.embedded.process import LINUX, Service
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
    return {**os.environ, "PYTHONUNBUFFERED": "1", **missing, **addresses}


def command(name: str, *arguments: str, env: Mapping[str, str]) -> Service:
    """One of our commands that runs to its end (migrate, demo)."""
    return Service(name, (sys.executable, "-m", "app", name, *arguments), env, ROOT, stage=FIRST_TO_STOP, ours=True)


def practice(env: Mapping[str, str], *, port: int, data: Path) -> Service:
    """The practice network."""
    arguments = ("--port", str(port), "--data", str(data), "--base-url", env["PRACTICE_URL"])
    return Service("practice", (sys.executable, "-m", "app.practice", *arguments), env, ROOT, stage=PRACTICE, ours=True)


def web(env: Mapping[str, str], *, port: int) -> Service:
    """The pages."""
    arguments = ("web", "--port", str(port), "--workers", str(_web_processes()))
    return Service("web", (sys.executable, "-m", "app", *arguments), env, ROOT, stage=FIRST_TO_STOP, ours=True)


def worker(env: Mapping[str, str]) -> Service:
    """The Celery worker, which keeps the schedule too. It gets longer than the others: what is under way should be written down."""
    return Service("worker", (sys.executable, "-m", "app", "worker", "--beat"), env, ROOT, stage=WORKER, grace=25.0, ours=True)


def load() -> None:
    """Import what our processes need, once for all of them; nothing where they cannot be forks (macOS)."""
    if LINUX:
        import_module("app.preload").everything()
        gc.collect()
        gc.freeze()


def _web_processes() -> int:
    """Two, so that one slow page never holds up the others; one where memory or processors are scarce."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 1 if (os.cpu_count() or 1) < 2 or memory < SMALL_MACHINE else 2
