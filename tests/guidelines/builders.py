"""A rulebook to test with."""

from app.guidelines import editing, starter
from app.guidelines.models import GuidelineVersion
from app.people.models import User

WORDS = {"title": "Say it", "why": "Because it helps.", "do": "Say it early.", "dont": "Hide it.", "good": "I said it.", "bad": ""}
GERMAN = {"title": "Sag es", "why": "Weil es hilft.", "do": "Sag es früh.", "dont": "Versteck es.", "good": "Gesagt.", "bad": ""}


def texts(**english: str) -> dict[str, dict[str, str]]:
    """The words of a rule in both languages; English ones may be replaced."""
    return {"en": WORDS | english, "de": dict(GERMAN)}


def rule(reviewer: User, severity: str = "must_fix", **english: str) -> GuidelineVersion:
    """A new rule under the next number."""
    return editing.add(texts=texts(**english), severity=severity, by=reviewer.id)


def full_book() -> None:
    """The 24 starter rules."""
    starter.load()
