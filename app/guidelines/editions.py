"""Editions of the rulebook: a change that matters opens a new one, and people acknowledge editions."""

from sqlalchemy import func, select

from app.db import Json, session
from app.guidelines.models import GuidelineVersion, Severity

WEIGHTY = frozenset({Severity.MUST_FIX.value, Severity.BLOCKER.value})
BINDING_WORDS = ("why", "do", "dont")
_LOCK = 7_263_452


def edition() -> int:
    """The present edition; 0 while there is no rule."""
    return session.scalar(select(func.max(GuidelineVersion.edition))) or 0


def lock() -> None:
    """Let one change of the rulebook happen at a time, until the end of the transaction."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK)))


def matters(old: GuidelineVersion | None, severity: str, texts: Json) -> bool:
    """Whether people have to look again: a must-fix or blocker that is new, or whose weight, why, do or don't differs.

    A new title or example, or a rule that is advice from now on, does not call everybody back.
    """
    if severity not in WEIGHTY:
        return False
    if old is None or old.severity != severity:
        return True
    return any(old.texts[language][word] != texts[language][word] for language in texts for word in BINDING_WORDS)
