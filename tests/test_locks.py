"""The lock files: complete, consistent, and without the name of any package registry."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;\\]+)", re.MULTILINE)
REGISTRY = re.compile(r"\w+://|--(?:extra-)?index-url|--find-links|--trusted-host")


def _pins(path: Path) -> dict[str, str]:
    return dict(PIN.findall(path.read_text()))


def _names(wanted: list[str]) -> set[str]:
    return {re.split(r"[\[<>=; ]", requirement)[0].replace("_", "-").lower() for requirement in wanted}


@pytest.mark.parametrize("path", [*LOCKS, ROOT / "package.json"], ids=lambda path: path.name)
def test_no_registry_is_named(path: Path) -> None:
    assert not REGISTRY.findall(path.read_text())


def test_no_front_end_package_names_its_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"].values()
    said = json.dumps([{name: value for name, value in package.items() if name != "funding"} for package in packages])
    assert not REGISTRY.findall(said)


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_every_pin_has_a_hash(path: Path) -> None:
    entries = re.split(r"\n(?=\S)", path.read_text().strip())
    assert entries
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {"base": project["dependencies"], **project["optional-dependencies"]}
    assert {path.stem for path in LOCKS} == set(wanted)
    for name, requirements in wanted.items():
        assert _names(requirements) <= set(_pins(ROOT / "requirements" / f"{name}.lock"))


def test_the_extras_agree_with_the_product() -> None:
    base = _pins(ROOT / "requirements" / "base.lock")
    for path in LOCKS:
        assert {name: base.get(name, version) for name, version in _pins(path).items()} == _pins(path)


def test_every_front_end_package_has_a_hash() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
