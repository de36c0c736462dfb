"""Reading the rulebook: what applies now, every wording there ever was, and finding a rule by a number or a word."""

import re
import uuid
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import contains_eager, joinedload

from app.db import session
from app.errors import Missing, _
from app.guidelines.models import Guideline, GuidelineVersion

SEARCHED = ("title", "why", "do", "dont", "good", "bad")
MOST_WORDS = 6
LONGEST_HISTORY = 100
_CODE = re.compile(r"(?:g-?)?0*([0-9]{1,6})", re.IGNORECASE)


def number_of(code: str) -> int | None:
    """The number in "G-07", "g7" or "7"; None when it is none of these."""
    found = _CODE.fullmatch(code.strip())
    return int(found[1]) if found else None


def current() -> Sequence[GuidelineVersion]:
    """The present wording of every rule that applies, in the order of their numbers; one query, with `.guideline` loaded."""
    return session.scalars(_current().order_by(Guideline.number)).all()


def retired() -> Sequence[GuidelineVersion]:
    """The last wording of every rule that no longer applies."""
    return session.scalars(_present().where(Guideline.retired_at.is_not(None)).order_by(Guideline.number)).all()


def version(version_id: uuid.UUID) -> GuidelineVersion:
    """One wording by its id; raises Missing."""
    return _one(_wordings().where(GuidelineVersion.id == version_id))


def wording(number: int, numbered: int | None = None) -> GuidelineVersion:
    """A rule's present wording, or the one of that version; retired rules too, because they stay citable. Raises Missing."""
    if numbered is None:
        return _one(_present().where(Guideline.number == number))
    return _one(_wordings().where(Guideline.number == number, GuidelineVersion.version == numbered))


def history(guideline: Guideline) -> Sequence[GuidelineVersion]:
    """The wordings of one rule, newest first, at most a hundred."""
    of_it = select(GuidelineVersion).where(GuidelineVersion.guideline_id == guideline.id)
    newest = of_it.order_by(GuidelineVersion.version.desc()).limit(LONGEST_HISTORY)
    return session.scalars(newest.options(joinedload(GuidelineVersion.guideline))).all()


def neighbours(number: int) -> tuple[int | None, int | None]:
    """The numbers of the rules before and after this one, as far as they apply."""
    applies = Guideline.retired_at.is_(None)
    before = select(func.max(Guideline.number)).where(applies, Guideline.number < number)
    after = select(func.min(Guideline.number)).where(applies, Guideline.number > number)
    found = session.execute(select(before.scalar_subquery(), after.scalar_subquery())).one()
    return found[0], found[1]


def search(words: str, locale: str, limit: int = 8) -> Sequence[GuidelineVersion]:
    """The present wordings that hold all the words in this language: the number first, then titles, then texts
    with the words as they stand."""
    parts = words.split()[:MOST_WORDS]
    number = number_of(words)
    found = _holds(_all_text(locale), parts)
    if number is not None:
        found = found | (Guideline.number == number)
    best = _current().where(found).order_by(_rank(number, parts, locale), Guideline.number)
    return session.scalars(best.limit(limit)).all()


def _rank(number: int | None, parts: list[str], locale: str) -> ColumnElement[int]:
    title = GuidelineVersion.texts[locale]["title"].astext
    return case(
        (Guideline.number == (number or 0), 0),
        (title.istartswith(" ".join(parts), autoescape=True), 1),
        (_holds(title, parts), 2),
        (_all_text(locale).icontains(" ".join(parts), autoescape=True), 3),
        else_=4,
    )


def _holds(column: ColumnElement[str], parts: list[str]) -> ColumnElement[bool]:
    return and_(Guideline.number > 0, *(column.icontains(part, autoescape=True) for part in parts))


def _all_text(locale: str) -> ColumnElement[str]:
    return func.concat_ws(" ", *(GuidelineVersion.texts[locale][part].astext for part in SEARCHED))


def _current() -> Select[GuidelineVersion]:
    return _present().where(Guideline.retired_at.is_(None))


def _present() -> Select[GuidelineVersion]:
    return _wordings().where(GuidelineVersion.version == Guideline.current_version)


def _wordings() -> Select[GuidelineVersion]:
    joined = select(GuidelineVersion).join(GuidelineVersion.guideline)
    return joined.options(contains_eager(GuidelineVersion.guideline))


def _one(query: Select[GuidelineVersion]) -> GuidelineVersion:
    found = session.scalars(query).one_or_none()
    if found is None:
        raise Missing(_("There is no such rule, or no such version of it."))
    return found
