"""`python -m app.practice`: run the practice network until SIGTERM or Ctrl-C."""

import argparse
import os
import signal
import sys
from pathlib import Path
from threading import Event

from app.practice.server import start


def main() -> int:
    """Serve; 0 after a clean stop, 1 when it cannot start."""
    wanted = _arguments()
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    try:
        running = start(
            wanted.port,
            host=wanted.host,
            data=wanted.data,
            base_url=wanted.base_url,
            control_token=wanted.control_token or None,
            rate_limit=wanted.rate_limit,
            wakes=0.25,
        )
    except OSError as error:
        sys.stderr.write(f"The practice network cannot start on {wanted.host}:{wanted.port}: {error.strerror}. Try another --port.\n")
        return 1
    with running:
        sys.stdout.write(f"The practice network answers at {running.url}\n")
        sys.stdout.flush()
        stop.wait()
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m app.practice", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--data", type=Path, help="folder for its SQLite file; without it everything stays in memory")
    parser.add_argument("--base-url", help="the address that people and programs reach it by")
    parser.add_argument("--control-token", default=os.environ.get("PRACTICE_CONTROL_TOKEN"), help="switches the control API on")
    parser.add_argument("--rate-limit", type=int, default=1500, help="calls per account in five minutes; 0: no limit")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
