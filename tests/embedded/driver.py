"""A supervisor with three services, for tests that send it signals: `driver.py DIR`.

`quick` stops when asked; `stubborn` ignores every polite signal; `family` has a grandchild that left its session.
"""

import sys
from pathlib import Path

from app.embedded.failures import StartFailed
from app.embedded.process import Service
from app.embedded.supervisor import Supervisor

QUICK = "import time; print('up', flush=True); time.sleep(600)"
STUBBORN = "import signal; [signal.signal(s, signal.SIG_IGN) for s in (1, 2, 15)]; " + QUICK
FAMILY = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", {STUBBORN!r}], start_new_session=True)
time.sleep(600)
"""


def main(directory: Path) -> int:
    """Run until asked to stop."""
    supervisor = Supervisor(directory)
    supervisor.listen()
    programs = {"quick": QUICK, "stubborn": STUBBORN, "family": FAMILY}
    try:
        for stage, (name, program) in enumerate(programs.items()):
            supervisor.start(Service(name, (sys.executable, "-c", program), {}, directory, stage=stage, grace=0.3))
        up = [directory / f"{name}.log" for name in programs]
        supervisor.wait_until(lambda: all("up" in path.read_text() for path in up), what="the services")
        print("up", flush=True)
        supervisor.watch()
    except StartFailed as failure:
        print(failure, flush=True)
        return 1
    finally:
        supervisor.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
