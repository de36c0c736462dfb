"""The logs: a delivery can be followed through the processes, and nothing that is nobody's business is said."""

import io
import json
import logging
import sys
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

import config
from app import logs
from app.db import session
from app.logs import about
from tests import rows

log = logging.getLogger("app.of_a_test")


class Speech:
    """What was said, in one of the two ways."""

    def __init__(self, formatter: logging.Formatter) -> None:
        self.out = io.StringIO()
        self.handler = logging.StreamHandler(self.out)
        self.handler.setFormatter(formatter)

    @property
    def text(self) -> str:
        return self.out.getvalue()

    @property
    def objects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture(params=[logs.Lines, logs.Objects])
def said(request: pytest.FixtureRequest) -> Iterator[Speech]:
    yield from speaking(request.param("worker"))


@pytest.fixture
def objects() -> Iterator[Speech]:
    yield from speaking(logs.Objects("worker"))


@pytest.fixture
def lines() -> Iterator[Speech]:
    yield from speaking(logs.Lines("worker"))


def speaking(formatter: logging.Formatter) -> Iterator[Speech]:
    speech = Speech(formatter)
    log.addHandler(speech.handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    yield speech
    log.removeHandler(speech.handler)
    log.propagate = True


def test_every_line_names_its_deliveries(objects: Speech) -> None:
    """Blocks nest, and what was bound inside is forgotten outside."""
    one, two = uuid.uuid4(), uuid.uuid4()
    with about(one, two, batch=7):
        log.info("leased")
        with about(two):
            log.info("sending")
    log.info("afterwards")
    first, second, last = objects.objects
    assert (first["deliveries"], first["batch"], first["event"]) == ([str(one), str(two)], 7, "leased")
    assert (second["deliveries"], second["batch"]) == ([str(two)], 7)
    assert "deliveries" not in last
    assert first["process"].startswith("worker/")


def test_threads_do_not_mix(objects: Speech) -> None:
    """Each thread speaks of its own delivery."""
    ids = [uuid.uuid4() for _ in range(8)]

    def work(one: uuid.UUID) -> None:
        with about(one):
            log.info("about %s", one)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, ids))
    assert {line["event"] for line in objects.objects} == {f"about {one}" for one in ids}
    assert all(line["event"] == f"about {line['deliveries'][0]}" for line in objects.objects)


def test_a_line_stays_a_line(lines: Speech) -> None:
    """What came from outside cannot forge a second event."""
    with about(reason='a "word"\nlevel=error event=forged'):
        log.warning("refused:\nlevel=error")
    assert len(lines.text.splitlines()) == 1
    assert 'event="refused:\\nlevel=error"' in lines.text


@pytest.mark.parametrize(
    "words",
    [
        "mail to emil.long@example.com was refused",
        "Authorization: Bearer s3cr3t-token-value was not taken",
        "POST /oauth/token?refresh_token=s3cr3t-token-value&x=1",
        '{"access_token": "s3cr3t-token-value"}',
        "client_secret='s3cr3t-token-value'",
        "could not reach redis://:s3cr3t-token-value@redis.example:6379/0",
        "SECRET_KEY is not-a-guessable-one",
    ],
)
def test_what_is_nobodys_business(words: str, said: Speech) -> None:
    """Not in the words, not in what a line is about, not in a traceback."""
    before = config.settings()
    config.use(replace(before, redis_url="redis://:s3cr3t-token-value@redis.example:6379/0", secret_key="not-a-guessable-one"))
    try:
        with about(detail=words):
            log.error(words, exc_info=ValueError(words))
    finally:
        config.use(before)
    for secret in ("emil.long", "s3cr3t-token-value", "not-a-guessable-one"):
        assert secret not in said.text
    assert "ValueError" in said.text


@pytest.mark.usefixtures("db")
def test_a_database_error_quotes_no_row(said: Speech) -> None:
    """PostgreSQL's details hold the whole row: addresses and texts."""
    rows.person("Emil")
    try:
        private = " ".join(("private", "words"))
        session.execute(text("INSERT INTO users (id, email, name) VALUES (gen_random_uuid(), :email, NULL)"), {"email": private})
    except IntegrityError:
        log.exception("could not be written")
        session.rollback()
    assert "private words" not in said.text
    assert "NotNullViolation" in said.text


def test_the_process_speaks_as_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, by LOG_FORMAT; the libraries that print tokens stay silent."""
    root, before = logging.getLogger(), config.settings()
    kept, level, out = root.handlers[:], root.level, io.StringIO()
    monkeypatch.setattr(sys, "stderr", out)
    config.use(replace(before, log_format="json"))
    try:
        logs.install("web")
        logging.getLogger("app.sharing").info("share queued")
        logging.getLogger("requests_oauthlib").debug("a token")
        logging.getLogger("celery.app.trace").info("Task deliver succeeded")
    finally:
        config.use(before)
        root.handlers[:], root.level = kept, level
    [line] = [json.loads(one) for one in out.getvalue().splitlines()]
    assert (line["event"], line["level"], line["where"]) == ("share queued", "info", "app.sharing")
