"""Start and stop a practice network, in this process, on a thread of its own."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from app.practice.site import Site, create_site, new_secret
from app.practice.storage import Storage
from app.practice.wire import Wire


@dataclass
class Running:
    """A practice network that answers at `url`; also a context manager that stops it."""

    url: str
    port: int
    control_token: str | None
    site: Site
    _wire: Wire
    _thread: Thread

    def stop(self) -> None:
        """Stop answering, close every connection and the storage; a second time does nothing."""
        if not self._thread.is_alive():
            return
        self.site.faults.stopping.set()
        self._wire.shutdown()
        self._thread.join()
        self._wire.hang_up()
        self._wire.server_close()
        self.site.storage.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def start(
    port: int = 0,
    *,
    host: str = "127.0.0.1",
    data: Path | None = None,
    base_url: str | None = None,
    control_token: str | None = "",
    rate_limit: int = 1500,
    now: Callable[[], float] = time.time,
    wakes: float = 0.02,
) -> Running:
    """Start one: port 0 takes a free one, without `data` it keeps everything in memory.

    `control_token` '' makes a new one, None leaves the control API out. `rate_limit` counts calls per account in
    five minutes, 0 never refuses. `wakes`: it looks whether it shall stop every so
    many seconds. Raises OSError when the port is taken.
    """
    if data is not None:
        data.mkdir(parents=True, exist_ok=True)
    site = Site(
        storage=Storage(data / "practice.sqlite3" if data else None),
        base_url="",
        control_token=new_secret() if control_token == "" else control_token,
        now=now,
        rate_limit=rate_limit,
    )
    try:
        wire = Wire((host, port), site)
    except OSError:
        site.storage.close()
        raise
    taken = int(wire.server_address[1])
    site.base_url = (base_url or f"http://{host}:{taken}").rstrip("/")
    wire.application = create_site(site)
    thread = Thread(target=wire.serve_forever, args=(wakes,), name="practice", daemon=True)
    thread.start()
    return Running(site.base_url, taken, site.control_token, site, wire, thread)
