"""Handing a mail to a mail server, and sorting its answers by what to do next."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from app.clock import now

PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
TIMEOUT = 15.0


class Letter(Protocol):
    """What is sent. `id` makes the Message-ID."""

    @property
    def id(self) -> object: ...
    @property
    def to(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...


@dataclass(frozen=True)
class Outcome:
    """What came of a try, and what an operator should read about it."""

    problem: str | None = None


class Handed(Outcome):
    """The server has taken it."""


class Refused(Outcome):
    """The server will never take it."""


class Later(Outcome):
    """Not now: no connection, a busy server, or a setting of ours that an operator must mend."""


class Unsure(Outcome):
    """The connection ended after the text had left: it may have arrived."""


class Courier:
    """One connection for a batch of mails, opened at the first one. When there is no connection, the rest of the batch waits."""

    def __init__(self, url: str, sender: str) -> None:
        self._url, self._sender = url, sender
        self._server: smtplib.SMTP | None = None
        self._down: Outcome | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._hang_up()

    def send(self, letter: Letter) -> Outcome:
        """Try to hand over one mail; never raises for what a server or the network does."""
        if self._down is not None:
            return self._down
        try:
            self._server = self._server or connect(self._url)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            self._down = Later(f"no connection to the mail server: {_words(error)}")
            return self._down
        outcome = hand_over(self._server, message(letter, self._sender))
        if isinstance(outcome, Later | Unsure):
            self._hang_up()
        return outcome

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.quit()
            except (OSError, smtplib.SMTPException):
                server.close()


def message(letter: Letter, sender: str) -> EmailMessage:
    """The whole mail. Its Message-ID comes from our id, so that a second try is known as the same mail."""
    made = EmailMessage()
    name, address = parseaddr(sender)
    made["From"] = formataddr((name, address))
    made["To"] = letter.to
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(now())
    made["Message-ID"] = f"<{letter.id}@{address.rpartition('@')[2] or 'localhost'}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(letter.body, cte="quoted-printable")
    return made


def connect(url: str) -> smtplib.SMTP:
    """Open a connection as `smtp://`, `smtps://` or `smtp+starttls://` says, with user and password if given."""
    parts = urlsplit(url)
    if parts.scheme not in PORTS or not parts.hostname:
        raise ValueError("MAIL_URL must look like smtp+starttls://user:password@host:587")
    port = parts.port or PORTS[parts.scheme]
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(parts.hostname, port, timeout=TIMEOUT, context=ssl.create_default_context())
    else:
        server = smtplib.SMTP(parts.hostname, port, timeout=TIMEOUT)
    try:
        if parts.scheme == "smtp+starttls":
            server.starttls(context=ssl.create_default_context())
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def hand_over(server: smtplib.SMTP, mail: EmailMessage) -> Outcome:
    """One mail over an open connection."""
    data_begun = False
    try:
        server.ehlo_or_helo_if_needed()
        _expect(server.mail(parseaddr(str(mail["From"]))[1]))
        _expect(server.rcpt(parseaddr(str(mail["To"]))[1]))
        data_begun = True
        _expect(server.data(mail.as_bytes()))
    except smtplib.SMTPResponseException as error:
        problem = f"the mail server said {_words(error)}"
        return Refused(problem) if error.smtp_code >= 500 else Later(problem)
    except (OSError, smtplib.SMTPException) as error:
        if data_begun:
            return Unsure("the connection ended after the mail had been handed over; it may have arrived")
        return Later(f"the connection to the mail server ended: {_words(error)}")
    return Handed()


def _expect(answer: tuple[int, bytes]) -> None:
    code, words = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, words)


def _words(error: BaseException) -> str:
    """The error on one line; never a password, because only answers of the server are in it."""
    if isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_error
        text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
        return " ".join(f"{error.smtp_code} {text}".split())[:300]
    return " ".join(str(error).split())[:300] or type(error).__name__
