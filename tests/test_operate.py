"""docs/operate.md stays in step with the program: every setting and every command it names exists, and the other way round."""

import re
from pathlib import Path

import pytest

from app.__main__ import main

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "operate.md").read_text()
OF_RUN_PY = {"run", "test", "lint", "install", "help"}
BESIDE_THE_SETTINGS = {"MALLOC_ARENA_MAX"}


def test_every_setting_is_in_the_table() -> None:
    read = set(re.findall(r'_(?:get|need|integer|one_of)\(env, "([A-Z_]+)"', (ROOT / "config.py").read_text()))
    table = set(re.findall(r"^\| `([A-Z_]+)` \|", PAGE, re.MULTILINE))
    assert table == read


@pytest.mark.parametrize("path", ["docs/operate.md", "README.md", "docs/systemd"])
def test_every_command_exists(path: str) -> None:
    place = ROOT / path
    files = [place] if place.is_file() else sorted(place.glob("*"))
    said = {name for file in files for name in re.findall(r"(?:run\.py|-m app) ([a-z][a-z-]+)", file.read_text())}
    assert said <= OF_RUN_PY | set(main.commands)


def test_the_example_settings_exist() -> None:
    names = set(re.findall(r"^    ([A-Z][A-Z_]+): ", (ROOT / "compose.yaml").read_text().partition("services:")[0], re.MULTILINE))
    assert names
    assert names - BESIDE_THE_SETTINGS <= set(re.findall(r'env, "([A-Z_]+)"', (ROOT / "config.py").read_text()))


def test_secrets_beside_the_code_stay_out_of_the_image() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".env", ".env.*", "var", ".git"} <= set(ignored)
