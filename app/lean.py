"""Memory: what a process keeps, and what processes share. Standard library only.

Processes of ours come into being by fork from one that has imported everything: pages of memory that nobody writes to exist once.
"""

import ctypes
import gc
import os
import signal
import sys
import threading
import time

LINUX = sys.platform.startswith("linux")
_libc = ctypes.CDLL(None) if LINUX else None
# From <malloc.h> and <sys/prctl.h>.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_PR_SET_PDEATHSIG = 1
_BLOCK = 128 * 1024
# Seconds: how often a child looks whether its parent is there, and how long it then has to end by itself.
_LOOK_EVERY, _END_WITHIN = 5.0, 10.0


def give_back() -> None:
    """From now on large blocks go back to the system when they are freed, and threads share one heap (glibc; elsewhere nothing changes).

    Left alone, glibc raises the size from which it gives back with the largest block it ever saw: one check of a password, 19 MiB, and
    every process would keep as much for ever.
    """
    mallopt = getattr(_libc, "mallopt", None)
    if mallopt is not None:
        for option, value in ((_M_MMAP_THRESHOLD, _BLOCK), (_M_TRIM_THRESHOLD, _BLOCK), (_M_ARENA_MAX, 1)):
            mallopt(option, value)


def settle() -> None:
    """What is here now stays: the garbage collector does not touch it any more, so that forked processes go on sharing it.

    What comes is looked through after twenty thousand objects instead of seven hundred: a page makes many and leaves hardly a circle.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def children_die_with_us() -> None:
    """A forked child gets SIGTERM when this process ends, however it ends (Linux). To be called, and to fork, in the main thread."""
    if _libc is not None:
        parents = [os.getpid()]
        os.register_at_fork(after_in_child=lambda: _die_with(parents))


def _die_with(parents: list[int]) -> None:
    """Tie a child to the parent in the list, and take it out: what the child forks is not tied."""
    if _libc is None or not parents:
        return
    parent = parents.pop()
    # Forked with the parent's handler, which would swallow the signal until the child has one of its own.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)
    threading.Thread(target=_outlive_nobody, args=(parent,), name="parent", daemon=True).start()


def _outlive_nobody(parent: int) -> None:
    """The one signal may come while a server in the making hears none: whoever is still here later ends all the same."""
    while os.getppid() == parent:
        time.sleep(_LOOK_EVERY)
    time.sleep(_END_WITHIN)
    os._exit(1)
