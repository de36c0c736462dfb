"""What our processes say while they work: one event to a line, with the deliveries it is about.

LOG_FORMAT chooses `lines` (key=value, for people) or `json` (one object to a line, for programs). Ids, codes and counts may be said;
tokens, secrets, e-mail addresses and people's texts are nobody's business, and what looks like one is blotted out on the way.
"""

import json
import logging
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import lru_cache
from traceback import format_tb
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

import config

OURS = ("app", "workers", "celery.apps.worker")
LONGEST = 8000
REMOVED = "[removed]"

Facts = Mapping[str, object]
_about: ContextVar[Facts] = ContextVar("about", default=MappingProxyType({}))

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_BEARER = re.compile(r"\b(Bearer|Basic|DPoP)\s+[\w.~+/=-]+", re.IGNORECASE)
_NAMED = re.compile(
    r"""(["']?\b(?:access_token|refresh_token|id_token|client_secret|code_verifier|password|secret|token)["']?\s*[:=]\s*["']?)[^\s"'&,})]+""",
    re.IGNORECASE,
)


@contextmanager
def about(*deliveries: object, **facts: object) -> Iterator[None]:
    """Every line that this thread says in the block names these deliveries (their ids), and these facts: ids, codes, counts.

    Blocks nest; a thread started inside begins without. Costs about a microsecond; the ids are written out only when something is said.
    """
    before = _about.set({**_about.get(), **({"deliveries": deliveries} if deliveries else {}), **facts})
    try:
        yield
    finally:
        _about.reset(before)


def install(process: str) -> None:
    """From now on this process (web, worker, beat) speaks this way, on standard error; others' libraries only when something is wrong."""
    handler = logging.StreamHandler()
    handler.setFormatter(Lines(process) if config.settings().log_format == "lines" else Objects(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(logging.INFO)


class Lines(logging.Formatter):
    """key=value; a traceback follows on lines of its own."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line, without anything that must not be said."""
        parts = " ".join(f"{key}={_value(value)}" for key, value in _facts(self._process, record).items())
        trace = _trace(record)
        return scrub(f"{parts}\n{trace}" if trace else parts)


class Objects(logging.Formatter):
    """One JSON object to a line; a traceback is one of its values."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        """The line, without anything that must not be said."""
        facts = {key: scrub(value) if isinstance(value, str) else value for key, value in _facts(self._process, record).items()}
        trace = _trace(record)
        return json.dumps({**facts, "trace": scrub(trace)} if trace else facts, default=str, ensure_ascii=False)


def scrub(words: str) -> str:
    """The words without e-mail addresses, tokens and the secrets of our settings, and not longer than a line should be."""
    for secret in _secrets(config.settings()):
        words = words.replace(secret, REMOVED)
    words = _NAMED.sub(rf"\g<1>{REMOVED}", _BEARER.sub(rf"\g<1> {REMOVED}", words))
    return _EMAIL.sub(REMOVED, words)[:LONGEST]


@lru_cache(maxsize=2)
def _secrets(settings: config.Settings) -> tuple[str, ...]:
    """What an operator has given us in confidence."""
    urls = (settings.database_url, settings.redis_url, settings.broker_url, settings.mail_url)
    passwords = [word for url in urls if (raw := _password(url)) for word in (raw, unquote(raw))]
    known = (settings.secret_key, settings.metrics_token, *settings.encryption_keys, *passwords)
    return tuple(sorted({secret for secret in known if len(secret) >= 6}, key=len, reverse=True))


def _password(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


def _facts(process: str, record: logging.LogRecord) -> dict[str, object]:
    """What every line has, and then what it is about."""
    known = _about.get()
    facts: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "process": f"{process}/{os.getpid()}",
        "event": record.getMessage()[:LONGEST],
        "where": record.name,
    }
    facts |= {key: _plain(value) for key, value in known.items()}
    return facts


def _plain(value: object) -> object:
    if isinstance(value, list | tuple | set | frozenset):
        return [str(one) for one in value]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _value(value: object) -> str:
    """One value so that the next key can be told apart."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    word = str(value)
    return word if word and not re.search(r"[\s\"=]", word) else json.dumps(word, ensure_ascii=False)


def _trace(record: logging.LogRecord) -> str:
    """Where it came from, the first cause first. Of a database error only its kind: its details quote rows."""
    if not record.exc_info or record.exc_info[1] is None:
        return ""
    chain: list[BaseException] = []
    error: BaseException | None = record.exc_info[1]
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return "".join("".join(format_tb(one.__traceback__)) + f"{type(one).__name__}: {_words(one)}\n" for one in reversed(chain)).rstrip()


def _words(error: BaseException) -> str:
    origin = getattr(error, "orig", None) or error
    diagnosis = getattr(origin, "diag", None)
    if diagnosis is not None:
        return str(getattr(diagnosis, "message_primary", None) or str(origin).partition("\n")[0])
    return str(error)
