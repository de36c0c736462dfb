"""A small mail server on loopback that speaks SMTP and misbehaves on command."""

import base64
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class MailServer:
    """What it took, and how it answers. `answers` replaces the answer to a verb ("RCPT", "END" for the end of the text)."""

    port: int = 0
    letters: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    connections: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    drop_at: str = ""
    tls: ssl.SSLContext | None = None

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        while True:
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                self._converse(connection)
            except (OSError, EOFError):
                return

    def _converse(self, connection: socket.socket) -> None:
        def say(words: str) -> None:
            connection.sendall(words.encode() + b"\r\n")

        lines = connection.makefile("rb")
        say("220 mail.example")
        while line := lines.readline():
            verb, _space, rest = line.decode().strip().partition(" ")
            verb = verb.upper()
            if verb == self.drop_at:
                return
            if verb in self.answers:
                say(self.answers[verb])
            elif verb == "EHLO":
                say("250-mail.example")
                say("250-AUTH PLAIN")
                say("250 STARTTLS" if self.tls else "250 HELP")
            elif verb == "AUTH":
                self.logins.append(base64.b64decode(rest.partition(" ")[2]).decode())
                say("235 welcome")
            elif verb == "STARTTLS" and self.tls:
                say("220 go on")
                connection = self.tls.wrap_socket(connection, server_side=True)
                lines = connection.makefile("rb")
            elif verb == "RCPT":
                self.recipients.append(rest)
                say("250 ok")
            elif verb == "DATA":
                say("354 write")
                self._take(lines)
                if self.drop_at == "END":
                    return
                say(self.answers.get("END", "250 taken"))
            elif verb == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")

    def _take(self, lines: Iterator[bytes]) -> None:
        text = []
        for line in lines:
            if line == b".\r\n":
                break
            text.append(line[1:] if line.startswith(b"..") else line)
        self.letters.append(b"".join(text))


@contextmanager
def mail_server(**how: object) -> Iterator[MailServer]:
    """Run one; it is gone afterwards."""
    server = MailServer(**how)  # type: ignore[arg-type]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=(listener,), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
