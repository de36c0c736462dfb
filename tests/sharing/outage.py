"""A doorway to the database that can be shut, and that can lose what the database says."""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, NullPool, create_engine

from app import db


class Doorway:
    """Everything that goes to the database in a block goes through here."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._shut = False
        self._loses: str = ""
        self.lost = threading.Event()
        self.port: int = self._listening.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def shut(self) -> None:
        """The database is away: what is connected breaks, and nobody gets through any more."""
        self._shut = True
        for pair in self._pairs:
            _hang_up(*pair)
        self._pairs.clear()

    def open(self) -> None:
        """It is back."""
        self._shut = False

    def lose(self, what: str) -> None:
        """The next COMMIT does not arrive ("commit"), or arrives and its answer is lost ("answer"); the connection breaks."""
        self._loses = what

    def close(self) -> None:
        """For good."""
        self.shut()
        self._listening.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours, _ = self._listening.accept()
                if self._shut:
                    ours.close()
                    continue
                pair = ours, socket.create_connection(self._address)
                self._pairs.append(pair)
                threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, ours: socket.socket, theirs: socket.socket) -> None:
        deaf = False
        with contextlib.suppress(OSError, ValueError):
            while True:
                for ready in select.select([ours, theirs], [], [])[0]:
                    said = ready.recv(65536)
                    losing = self._loses if b"COMMIT" in said and ready is ours else ""
                    deaf = deaf or losing == "answer"
                    if not said or losing == "commit" or (deaf and ready is theirs):
                        self._gone(losing or deaf)
                        return _hang_up(ours, theirs)
                    (theirs if ready is ours else ours).sendall(said)

    def _gone(self, lost: object) -> None:
        if lost:
            self._loses = ""
            self.lost.set()


def _hang_up(*pair: socket.socket) -> None:
    for one in pair:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()


@contextmanager
def doorway(engine: Engine) -> Iterator[Doorway]:
    """The product's sessions reach their database through a doorway."""
    assert engine.url.host
    assert engine.url.port
    made = Doorway((engine.url.host, engine.url.port))
    through = create_engine(engine.url.set(host="127.0.0.1", port=made.port), poolclass=NullPool)
    db.bind(bind=through, join_transaction_mode="conditional_savepoint")
    try:
        yield made
    finally:
        db.bind(bind=engine, join_transaction_mode="conditional_savepoint")
        made.close()
