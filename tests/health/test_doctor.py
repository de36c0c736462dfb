"""The doctor: what is broken is named with the step that mends it, and nothing secret is said."""

import json
import socket
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, select, text, type_coerce

import config
from app.health import doctor, heartbeats, reseal, secrets, services
from app.health.findings import Finding, Grade
from app.ids import uuid7
from app.sharing.account_models import NetworkApp
from tests import rows
from tests.guidelines.browsing import sign_in, words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from flask.testing import FlaskClient
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]
    Change = Callable[..., None]


@pytest.fixture
def change(app: object) -> "Iterator[Change]":
    """Change settings for one test."""
    before = config.settings()
    yield lambda **values: config.use(replace(config.settings(), **values))
    config.use(before)


def grades(found: list[Finding]) -> dict[str, str]:
    return {str(each.part): each.grade.value for each in found}


def test_a_sound_installation_is_told_to_be_sound(db: "Db", change: "Change") -> None:
    heartbeats.beat("beat")
    heartbeats.beat("worker:w")
    change(
        environment="production", base_url="https://share.example", secret_key="k8Jq2mZx7Lw0Ra5Tn9Vb3Yc6Pd1Sf4Gh", mail_url=mail_server()
    )
    assert grades(doctor.examine()) == dict.fromkeys(
        (
            *("Settings", "Database", "Migrations", "Audit trail", "Clock", "Worker", "Schedule (beat)", "Encryption keys"),
            *("Mastodon", "Broker", "Mail", "Public address", "SECRET_KEY"),
        ),
        "ok",
    )


def test_what_is_broken_is_named_with_its_step(db: "Db", change: "Change") -> None:
    change(environment="production", base_url="http://share.example", secret_key="short", broker_url="redis://:hidden@127.0.0.1:1")
    found = doctor.examine()
    broken = {part for part, grade in grades(found).items() if grade == "broken"}
    assert broken == {"Worker", "Schedule (beat)", "Broker", "Mail", "Public address", "SECRET_KEY"}
    assert all(str(each.step) for each in found if each.grade is Grade.BROKEN)
    assert "hidden" not in " ".join(each.as_line() for each in found)


def test_a_trail_that_could_be_changed_is_found(db: "Db") -> None:
    db.execute(text("ALTER TABLE events DISABLE TRIGGER append_only"))
    found = next(each for each in services.database() if str(each.part) == "Audit trail")
    assert (found.grade, "events" in str(found.words)) == (Grade.BROKEN, True)


def test_tables_behind_the_program_are_found(db: "Db") -> None:
    db.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    found = next(each for each in services.database() if str(each.part) == "Migrations")
    assert (found.grade, str(found.step)) == (Grade.BROKEN, "Run python3 run.py migrate.")


def test_without_a_database_the_rest_is_still_looked_at(engine: Any, capsys: pytest.CaptureFixture[str], change: "Change") -> None:
    from app import db as database  # noqa: PLC0415

    change(database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    try:
        assert doctor.main(as_json=True) == 1
    finally:
        database.bind(bind=engine)
    found = {each["part"]: each for each in json.loads(capsys.readouterr().out)}
    assert found["Database"]["grade"] == "broken"
    assert found["Database"]["step"] == "Start PostgreSQL, or mend DATABASE_URL."
    assert found["Broker"]["grade"] == "ok"
    assert "Worker" not in found


def test_missing_settings_are_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(config, "_current", None)
    monkeypatch.delenv("SECRET_KEY")
    assert doctor.main() == 1
    assert "SECRET_KEY is not set" in capsys.readouterr().out


def test_lines_for_people(capsys: pytest.CaptureFixture[str], engine: Any, db: "Db") -> None:
    from app import db as database  # noqa: PLC0415

    try:
        assert doctor.main() == 1
    finally:
        database.bind(bind=engine)
    out = capsys.readouterr().out
    assert "OK     Database: PostgreSQL" in out
    assert "BROKEN Worker: None was seen in the last 30 seconds; nothing is published.\n       -> Start one: python3 run.py worker." in out


def test_clocks_that_differ_are_found(db: "Db", monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta  # noqa: PLC0415

    from app.clock import now  # noqa: PLC0415

    monkeypatch.setattr(services, "now", lambda: now() + timedelta(seconds=9))
    found = next(each for each in services.database() if str(each.part) == "Clock")
    assert found.grade is Grade.BROKEN


def mail_server(refuse: bool = False) -> str:
    """A mail server for one visit; returns its address."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening, listening.accept()[0] as visitor, visitor.makefile("rwb", buffering=0) as lines:
            lines.write(b"220 here\r\n" if not refuse else b"554 no s3cret\r\n")
            for line in lines:
                lines.write(b"221 bye\r\n" if line.upper().startswith(b"QUIT") else b"250 ok\r\n")

    threading.Thread(target=serve, daemon=True).start()
    return f"smtp://127.0.0.1:{listening.getsockname()[1]}"


def test_a_mail_server_that_refuses_is_quoted_without_the_password(change: "Change") -> None:
    change(mail_url=mail_server(refuse=True).replace("//", "//me:s3cret@"))
    found = services.mail()
    assert (found.grade, "s3cret" in str(found.words)) == (Grade.BROKEN, False)
    assert "554" in str(found.words)


@pytest.mark.parametrize("url", ["smtp://127.0.0.1:1", "nonsense"])
def test_a_mail_server_that_is_away_is_broken(change: "Change", url: str) -> None:
    change(mail_url=url)
    assert services.mail().grade is Grade.BROKEN


@pytest.mark.parametrize(("mode", "grade"), [(0o600, "ok"), (0o640, "ok"), (0o644, "broken"), (0o660, "broken")])
def test_secret_files_are_for_us_alone(tmp_path: "Path", mode: int, grade: str) -> None:
    file = tmp_path / "key"
    file.write_text("secret")
    file.chmod(mode)
    assert [each.grade.value for each in secrets.files({"SECRET_KEY_FILE": str(file), "OTHER_FILE": "/nowhere"})] == [grade]
    assert [each.grade.value for each in secrets.files({"SECRET_KEY_FILE": "/nowhere/key"})] == ["broken"]


def sealed(count: int) -> list[NetworkApp]:
    return [
        NetworkApp(id=uuid7(), network="mastodon", host=f"{number}.example", redirect_uri="r", scopes="s", credentials={"n": number})
        for number in range(count)
    ]


def test_resealing_rotates_every_key(committed: "Db", change: "Change", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reseal, "BATCH", 2)
    old, new = config.settings().encryption_keys[0], Fernet.generate_key().decode()
    committed.add_all(sealed(5))
    committed.commit()
    before = set(committed.scalars(select(type_coerce(NetworkApp.credentials, LargeBinary))))
    change(encryption_keys=(new,))
    assert reseal.unreadable() == (5, 5)
    assert secrets.encryption().grade is Grade.BROKEN
    assert reseal.reseal() == 0
    change(encryption_keys=(new, old))
    assert reseal.unreadable() == (5, 0)
    assert reseal.reseal() == 5
    change(encryption_keys=(new,))
    assert reseal.unreadable() == (5, 0)
    assert sorted(each["n"] for each in committed.scalars(select(NetworkApp.credentials))) == [0, 1, 2, 3, 4]
    assert before.isdisjoint(committed.scalars(select(type_coerce(NetworkApp.credentials, LargeBinary))))


def test_every_sealed_column_is_known() -> None:
    assert {str(column) for column in reseal.sealed_columns()} == {
        "network_apps.credentials", "pending_connections.pending", "connected_accounts.tokens",
    }  # fmt: skip


def test_a_key_that_is_none_is_found(db: "Db", change: "Change") -> None:
    change(encryption_keys=(config.settings().encryption_keys[0], "nonsense"))
    assert "Key number 2" in str(secrets.encryption().words)


def test_the_page_says_the_same(client: "FlaskClient", db: "Db") -> None:
    page = words(sign_in(client, rows.ada()).get("/admin/doctor").text)
    assert "None was seen in the last 30 seconds" in page
    assert "Start one: python3 run.py worker." in page
