"""The loop that keeps a worker busy, one in a process, however many messages ask for one; processes share the rows by their leases."""

from threading import Event, Lock

from app.sharing.rounds import Round

_turn = Lock()
_poke = Event()
_stopping = Event()


def run() -> int:
    """Work until nothing is due; returns how many rows were worked on. While a loop runs here already it is only poked."""
    worked = 0
    _poke.set()
    while _poke.is_set() and not _stopping.is_set() and _turn.acquire(blocking=False):
        try:
            worked += Round(_poke, _stopping).work()
        finally:
            _turn.release()
    return worked


def start() -> None:
    """Take work again after `stop`."""
    _stopping.clear()


def stop() -> None:
    """Take nothing new; what is on its way is finished and written down."""
    _stopping.set()
    _poke.set()
