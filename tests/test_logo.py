"""The company's own logo: a setting, a picture on every page, and a sentence when it cannot be used."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

import config
from app.assets import logo
from tests import rows
from tests.signed_in import browser

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><script>alert(1)</script><path d="M0 0h4v4z"/></svg>'


@pytest.fixture
def drawn(tmp_path: Path, app: Flask) -> Any:
    """A company with a logo."""
    before, path = config.settings(), tmp_path / "mark"
    path.write_text(SVG)
    config.use(replace(before, logo_path=str(path)))
    yield app
    config.use(before)


def test_it_stands_on_every_page_and_may_be_kept(drawn: Flask, db: Any) -> None:
    """For whoever is signed in and for a stranger; an SVG that is opened by itself runs nothing."""
    version = logo(config.settings().logo_path).version  # type: ignore[union-attr]
    for client, page in ((browser(drawn, rows.emil()), "/"), (drawn.test_client(), "/sign-in")):
        assert f'src="/logo?v={version}"' in client.get(page).text
    answer = drawn.test_client().get(f"/logo?v={version}")
    assert (answer.status_code, answer.text, answer.mimetype) == (200, SVG, "image/svg+xml")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_without_one_the_first_letter_stands_there(app: Flask, db: Any) -> None:
    assert "brand-mark" in app.test_client().get("/sign-in").text
    assert app.test_client().get("/logo").status_code == 404


@pytest.mark.parametrize(
    ("content", "mimetype"),
    [
        (b"\x89PNG\r\n\x1a\n and so on", "image/png"),
        (b"\xff\xd8\xff\xe0 and so on", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b'<?xml version="1.0"?>\n<!-- ours -->\n<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
    ],
)
def test_the_content_says_what_it_is(tmp_path: Path, content: bytes, mimetype: str) -> None:
    (tmp_path / "mark.txt").write_bytes(content)
    found = logo(str(tmp_path / "mark.txt"))
    assert found is not None
    assert found.mimetype == mimetype


@pytest.mark.parametrize("content", [None, b"", b"<html><script>alert(1)</script></html>", b"GIF89a", b"\xff\xd8\xff" + bytes(200 * 1024)])
def test_what_is_no_logo_is_said_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "mark.svg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(config.ConfigError, match="LOGO_PATH"):
        logo(str(path))
