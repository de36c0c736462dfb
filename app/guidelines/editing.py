"""Changing the rulebook. Words are never overwritten: a changed rule is a new version, and the old one stays citable."""

import uuid
from collections.abc import Mapping

from sqlalchemy import func, select

from app.audit import events
from app.clock import now
from app.db import Json, session
from app.errors import Missing, Stale, _
from app.guidelines import announcements
from app.guidelines.editions import edition, lock, matters
from app.guidelines.models import Guideline, GuidelineVersion
from app.guidelines.words import checked, checked_severity
from app.ids import uuid7


def revise(number: int, *, texts: Mapping[str, Mapping[str, str]], severity: str, expected: int, by: uuid.UUID) -> GuidelineVersion:
    """Write a new version of a rule. `expected` is the version that the editor began from; nothing happens without a difference.

    Raises Stale when somebody else has changed it since, Invalid for words that are missing or too long, Missing.
    """
    words, weight = checked(texts), checked_severity(severity)
    guideline = _locked(number)
    old = _present(guideline)
    if guideline.current_version != expected or guideline.retired_at is not None:
        raise Stale(_("Somebody changed this rule while you were writing. Your words are still here; compare them and save again."))
    if old.texts == words and old.severity == weight:
        return old
    guideline.current_version += 1
    return _write(guideline, old, words, weight, by)


def add(*, texts: Mapping[str, Mapping[str, str]], severity: str, by: uuid.UUID) -> GuidelineVersion:
    """Add a rule under the next number, which no rule ever had. Raises Invalid."""
    words, weight = checked(texts), checked_severity(severity)
    lock()
    highest = session.scalar(select(func.max(Guideline.number))) or 0
    guideline = Guideline(id=uuid7(), number=highest + 1, current_version=1)
    session.add(guideline)
    return _write(guideline, None, words, weight, by)


def retire(number: int, *, by: uuid.UUID) -> Guideline:
    """The rule no longer applies; its versions stay readable and its number is never used again."""
    guideline = _locked(number)
    if guideline.retired_at is None:
        guideline.retired_at = now()
        events.record("retired", "guidelines", guideline.id, by=by, code=guideline.code)
    return guideline


def reinstate(number: int, *, by: uuid.UUID) -> Guideline:
    """A retired rule applies again, in its last wording."""
    guideline = _locked(number)
    if guideline.retired_at is not None:
        guideline.retired_at = None
        events.record("reinstated", "guidelines", guideline.id, by=by, code=guideline.code)
    return guideline


def _locked(number: int) -> Guideline:
    lock()
    query = select(Guideline).where(Guideline.number == number).with_for_update()
    guideline = session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if guideline is None:
        raise Missing(_("There is no such rule, or no such version of it."))
    return guideline


def _present(guideline: Guideline) -> GuidelineVersion:
    its = GuidelineVersion.guideline_id == guideline.id
    return session.scalars(select(GuidelineVersion).where(its, GuidelineVersion.version == guideline.current_version)).one()


def _write(guideline: Guideline, old: GuidelineVersion | None, words: Json, severity: str, by: uuid.UUID) -> GuidelineVersion:
    opens = matters(old, severity, words)
    made = GuidelineVersion(
        id=uuid7(), guideline=guideline, version=guideline.current_version, severity=severity, texts=words,
        edition=max(edition() + opens, 1), created_by=by,
    )  # fmt: skip
    session.add(made)
    session.flush()
    events.record("added" if old is None else "changed", "guidelines", guideline.id, by=by, code=made.code, edition=made.edition)
    if opens:
        announcements.announce(made)
    return made
