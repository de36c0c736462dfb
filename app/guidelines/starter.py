"""The rules that a new company starts with. Once loaded they are the company's own: nothing here ever changes a row."""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from app.db import session
from app.guidelines.editions import edition, lock
from app.guidelines.models import Guideline, GuidelineVersion
from app.ids import uuid7

FILE = Path(__file__).with_name("starter.toml")
LANGUAGES = ("en", "de")


@lru_cache(maxsize=1)
def rules() -> list[dict[str, Any]]:
    """The starter rules as they stand in the file."""
    with FILE.open("rb") as file:
        found: list[dict[str, Any]] = tomllib.load(file)["rule"]
    return found


def load() -> int:
    """Add every starter rule whose number is still free; returns how many. Harmless to repeat, and safe for two at once."""
    lock()
    taken = set(session.scalars(select(Guideline.number)))
    present = max(edition(), 1)
    missing = [rule for rule in rules() if rule["number"] not in taken]
    for rule in missing:
        _add(rule, present)
    session.flush()
    return len(missing)


def load_if_empty() -> int:
    """Load the starter rules into a rulebook without any rule: what a new installation does once."""
    return 0 if session.scalar(select(Guideline.id).limit(1)) else load()


def _add(rule: dict[str, Any], present: int) -> None:
    guideline = Guideline(id=uuid7(), number=rule["number"])
    texts = {language: dict(rule[language]) for language in LANGUAGES}
    session.add(guideline)
    session.add(GuidelineVersion(guideline=guideline, version=1, severity=rule["severity"], texts=texts, edition=present))
