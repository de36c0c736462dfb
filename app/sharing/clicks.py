"""The clicks on short links: counted in memory, added to the links a moment later by one thread of each process.

What a process that is killed takes with it are the clicks of its last 0.05 seconds and of the one statement that is under way: at most 0.2
seconds where the database takes less than 0.07 for a statement. With `exact` it is nothing: an answer waits until its click is
committed, together with all that came at the same moment.
"""

import logging
import os
import threading
import time
from collections.abc import Iterator, Mapping

from app.sharing import short_links
from app.sharing.lines import Line

log = logging.getLogger(__name__)

# Seconds: between two statements; after a failed one; how long an exact answer waits for a database that is away; how long a process that
# ends does; how long it may take to see that the process ends.
EVERY = 0.05
AGAIN = 0.5
PATIENCE = 2.0
AT_THE_END = 2.0
LOOK = 0.5
LINKS_AT_ONCE = 1000
TOLD = 2


class Clicks:
    """Counts, and never makes a request wait for the database, except with `exact`.

    While the database is away it goes on counting: one number for each link, and only links that exist are counted.
    """

    def __init__(self, *, exact: bool = False) -> None:
        self._exact = exact
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        """As in a process just forked: what the parent has counted is the parent's to write, and its thread is not here."""
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._closed = threading.Event()
        self._batch = _Batch()
        self._line = Line()
        self._writer: threading.Thread | None = None

    def add(self, code: str) -> None:
        """One more click on this link."""
        with self._lock:
            batch = self._batch
            batch.counts[code] = batch.counts.get(code, 0) + 1
            if self._writer is None:
                self._start()
        if not self._some.is_set():
            self._some.set()
        if self._exact:
            batch.written.wait(PATIENCE)

    def close(self) -> None:
        """Write what is left and end the thread. At the end of a process this happens by itself."""
        self._closed.set()
        self._some.set()
        if self._writer:
            self._writer.join()

    def _start(self) -> None:
        # No daemon: the end of the process waits for it, however the server ends its workers.
        self._writer = threading.Thread(target=self._run, name="clicks", daemon=False)
        self._writer.start()

    def _run(self) -> None:
        begun = 0.0
        while True:
            self._some.wait(LOOK)
            if not self._exact:
                self._closed.wait(begun + EVERY - time.monotonic())
            begun, last = time.monotonic(), self._ending()
            self._some.clear()
            self._write(self._take())
            if last:
                return self._line.close()

    def _ending(self) -> bool:
        return self._closed.is_set() or not threading.main_thread().is_alive()

    def _take(self) -> "_Batch":
        with self._lock:
            taken, self._batch = self._batch, _Batch()
        return taken

    def _write(self, batch: "_Batch") -> None:
        for counts in _parts(batch.counts):
            self._write_part(_Statement(self._line, counts, durable=self._exact))
        batch.written.set()

    def _write_part(self, statement: "_Statement") -> None:
        """Try until it is written; only the end of the process ends this earlier."""
        end = 0.0
        while not statement.written():
            if self._ending():
                end = end or time.monotonic() + AT_THE_END
                if time.monotonic() > end:
                    log.error("%d clicks are lost: this process ends and the database is away", statement.clicks)
                    return
            time.sleep(AGAIN)


class _Batch:
    """What was clicked since the last statement; `written` is for those who wait."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.written = threading.Event()


class _Statement:
    """Counts on their way into the database: added once, also when the connection breaks around the commit."""

    def __init__(self, line: Line, counts: Mapping[str, int], *, durable: bool) -> None:
        self._line = line
        self._counts = counts
        self._durable = durable
        self._name = ""
        self._tries = 0

    @property
    def clicks(self) -> int:
        return sum(self._counts.values())

    def written(self) -> bool:
        """Try once more, and at once again when a connection has only grown old, unless an earlier try turns out to have been committed."""
        try:
            return self._try()
        except Exception:
            self._tries += 1
            if self._tries == 1:
                return self.written()
            if self._tries == TOLD:
                log.warning("clicks cannot be written now; they are kept and written later", exc_info=True)
            return False

    def _try(self) -> bool:
        earlier = self._earlier()
        if earlier is False:
            with self._line.driver() as line:
                short_links.add_clicks(line, self._counts, durable=self._durable, named=self._called)
        return earlier is not None

    def _earlier(self) -> bool | None:
        if not self._name:
            return False
        with self._line.driver() as line:
            return short_links.were_added(line, self._name)

    def _called(self, name: str) -> None:
        self._name = name


def _parts(counts: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """In pieces that hold their locks for milliseconds."""
    codes = sorted(counts)
    for start in range(0, len(codes), LINKS_AT_ONCE):
        yield {code: counts[code] for code in codes[start : start + LINKS_AT_ONCE]}
