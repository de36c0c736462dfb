"""What the browser gets: its weight, its names, and pages that a strict CSP lets through."""

import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from flask import Flask, render_template
from flask_babel import Babel
from flask_wtf.csrf import CSRFProtect

from app import assets
from app.assets import build
from app.assets.build import ROOT, SourceMissing

KB = 1000
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "a style attribute": r"<[^>{%]*\sstyle\s*=",
    "a style element": r"<style\b",
    "an inline script": r"<script(?![^>]*\bsrc=)[^>]*>",
    "an event handler": r"<[^>]*\son[a-z]+\s*=\s*[\"']",
    "hx-on": r"hx-on[:=-]",
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, build.Made]:
    return {item.name: item for item in build.build(dist=tmp_path_factory.mktemp("dist"))}


def test_the_weight_stays_in_its_budget(made: dict[str, build.Made]) -> None:
    scripts = made["app.js"].gzipped + made["theme.js"].gzipped
    assert made["app.css"].gzipped <= 20 * KB
    assert scripts <= 25 * KB
    assert made["sprite.svg"].gzipped <= 12 * KB
    assert sum(item.gzipped for item in made.values()) <= 60 * KB


def test_names_change_with_the_content_and_old_files_go(tmp_path: Path) -> None:
    first = {item.name: item.served_as for item in build.build(dist=tmp_path)}
    (tmp_path / "app.0000000000.css").write_text("old")
    assert {item.name: item.served_as for item in build.build(dist=tmp_path)} == first
    assert {path.name for path in tmp_path.iterdir()} == {*first.values(), "manifest.json"}
    assert re.fullmatch(r"app\.[0-9a-f]{10}\.css", first["app.css"])


def test_a_build_without_packages_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SourceMissing, match="npm ci"):
        build.build(packages=tmp_path / "none", dist=tmp_path / "dist")
    assert not (tmp_path / "dist").exists()


def test_the_sprite_holds_every_icon_once() -> None:
    symbols = [symbol.attrib["id"] for symbol in ElementTree.fromstring(build.sprite(build.PACKAGES))]
    assert symbols == [name for name, _ in build.icon_names()]
    assert len(symbols) == len(set(symbols))


def test_the_kit_cannot_win_against_our_sheets() -> None:
    sheet = build.style_sheet(build.PACKAGES)
    assert sheet.startswith(build.LAYERS)
    assert sheet.count("{") == sheet.count("}")
    own = sheet.split("@layer tokens{", maxsplit=1)[1]
    assert "!important" not in own.replace("display:none!important", "").replace("display:none !important", "").replace(
        "position:absolute !important", ""
    )


def test_small_things_are_taken_out_and_nothing_else() -> None:
    assert build.minify_css("/* a */ .x , .y { color : red ; margin: 0 auto; }\n") == ".x,.y{color :red;margin:0 auto}"
    assert build.minify_css("/*! licence */a{b:calc(1px + 2px)}") == "/*! licence */a{b:calc(1px + 2px)}"
    assert build.minify_script('// a\n  const url = "http://b"; // c\n\n/* d\n e */\nf();') == 'const url = "http://b"; // c\nf();'


def test_an_icon_is_silent_without_a_label() -> None:
    assert 'aria-hidden="true"' in assets.icon("bell")
    assert 'role="img" aria-label="&lt;b&gt;"' in assets.icon("bell", "<b>")
    with pytest.raises(LookupError, match=r"icons\.txt"):
        assets.icon("no such icon")


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_template_needs_what_the_csp_forbids(template: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, flags=re.IGNORECASE)] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_named_icon_exists(template: Path) -> None:
    named = set(re.findall(r"icon(?:_name)?(?:\(|=)\s*[\"']([\w-]+)[\"']", template.read_text(encoding="utf-8")))
    assert named <= {name for name, _ in build.icon_names()}


def page(template: str, **values: object) -> str:
    """One of our templates, in the smallest application that can show it."""
    flask = Flask("look", template_folder=str(ROOT / "templates"))
    flask.config.update(SECRET_KEY="test", WTF_CSRF_ENABLED=True)
    flask.jinja_env.trim_blocks = flask.jinja_env.lstrip_blocks = True
    flask.jinja_env.globals.update(assets.JINJA_GLOBALS, now=lambda: datetime(2026, 5, 12, 9, 30, tzinfo=UTC))
    Babel(flask)
    CSRFProtect(flask)
    person = SimpleNamespace(name="Ada", is_admin=True, is_reviewer=False, may_propose=True, is_authenticated=True)
    with flask.test_request_context("/proposals/1"):
        return render_template(template, current_user=person, company="Northwind", locale="en", unread_notices=2, **values)


def test_the_components_page_shows_and_stays_small() -> None:
    html = page("dev/components.html")
    assert html.count("<h1") == 1
    assert html.count('aria-current="page"') == 2  # once in the bar on top, once in the phone's tab bar
    assert len(html.encode()) < 60 * KB


def test_a_mistake_is_tied_to_its_field() -> None:
    html = page("dev/components.html")
    assert re.search(r'id="link"[^>]*aria-describedby="link-error" aria-invalid="true" autofocus', html)
    assert 'id="link-error"' in html


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 422, 429, 500])
def test_an_error_says_what_happened_and_where_to_go(status: int) -> None:
    html = page("errors/error.html", status=status, message="The picture has 50 MB.")
    assert "The picture has 50 MB." in html
    assert 'href="/"' in html
    assert ("tabbar" in html) == (status < 500)
