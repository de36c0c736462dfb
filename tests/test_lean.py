"""What a forked child does when its parent ends."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.processes import LINUX, all_gone

ROOT = Path(__file__).resolve().parents[1]
# A server with a handler of its own for SIGTERM, whose child has not got as far as having one yet.
PARENT = """
import os, signal, time
from app import lean
signal.signal(signal.SIGTERM, lambda *_: None)
lean.children_die_with_us()
child = os.fork()
if child:
    print(child, flush=True)
while True:
    time.sleep(0.1)
"""


# One that has, and does nothing with it.
DEAF = PARENT.replace("if child:", "if not child:\n    signal.signal(signal.SIGTERM, lambda *_: None)\nelse:")
SOONER = "lean._LOOK_EVERY = lean._END_WITHIN = 0.2"


@pytest.mark.skipif(not LINUX, reason="only Linux tells children of a parent's death")
@pytest.mark.parametrize("program", [PARENT, DEAF.replace("lean.children", f"{SOONER}\nlean.children")], ids=["not yet", "deaf"])
def test_a_child_does_not_outlive_its_parent(program: str) -> None:
    """Whether it has no handler for the signal yet, or one that is of no use yet."""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()
    try:
        assert all_gone({child})
    finally:
        if not all_gone({child}, 0):
            os.kill(child, signal.SIGKILL)
