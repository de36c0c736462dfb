"""run.py on machines that lack something: one sentence, no traceback. And what it hands on to the commands."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import run

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The project on a machine where nothing was installed yet."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    shutil.copy(ROOT / "run.py", tmp_path)
    return tmp_path


def _said(place: Path, *arguments: str, **env: str) -> str:
    command = [sys.executable, str(place / "run.py"), *arguments]
    done = subprocess.run(command, env=os.environ | env, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_a_python_without_environments_names_the_package(bare: Path) -> None:
    (bare / "broken").mkdir()
    (bare / "broken" / "ensurepip.py").write_text("raise ImportError")
    assert "run `apt-get install python3." in _said(bare, "install", PYTHONPATH=str(bare / "broken"))


def test_an_environment_that_cannot_be_made_is_named(bare: Path) -> None:
    (bare / ".venv").write_text("in the way")
    command = [sys.executable, str(bare / "run.py"), "install"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "The environment .venv could not be made" in done.stderr


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 1))
    monkeypatch.setattr(sys, "version", "3.9.1 (main)")
    assert run.main([]) == 1
    assert capsys.readouterr().err == "Outspoken needs Python 3.11 or newer and this is 3.9.1: start run.py with a newer one.\n"


def test_it_can_be_read_by_old_pythons() -> None:
    for file in (ROOT / "run.py", ROOT / "requirements" / "prepare.py"):
        source = file.read_text()
        assert "from __future__ import annotations" in source
        assert "\n    match " not in source


@pytest.mark.parametrize(
    ("given", "handed_on"),
    [
        ([], []),
        (["--port", "3"], ["--port", "3"]),
        (["--data", "here", "--no-demo"], ["--data", "/somewhere/here", "--no-demo"]),
        (["--data=here"], ["--data", "/somewhere/here"]),
        (["--data", "/there"], ["--data", "/there"]),
    ],
)
def test_the_data_directory_is_meant_from_where_one_stands(
    given: list[str], handed_on: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run.absolute_data(given) == [part.replace("/somewhere", str(tmp_path)) for part in handed_on]


def test_a_command_beside_the_running_product_finds_its_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"environment": {"DATABASE_URL": "postgresql://here"}}))
    monkeypatch.setenv("OUTSPOKEN_DATA", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL")
    assert run.running_environment() == {"DATABASE_URL": "postgresql://here"}
    monkeypatch.setenv("DATABASE_URL", "postgresql://given")
    assert run.running_environment() == {}
