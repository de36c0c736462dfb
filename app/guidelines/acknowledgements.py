"""People read the rulebook once, and after that only what matters and has changed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import contains_eager

from app.audit import events
from app.clock import now
from app.db import session
from app.errors import Invalid, _
from app.guidelines import rulebook
from app.guidelines.differences import Difference, difference
from app.guidelines.editions import edition
from app.guidelines.models import Acknowledgement, Guideline, GuidelineVersion
from app.people.models import User


@dataclass(frozen=True)
class Pending:
    """What waits for a person: the edition in force, and the last one that they acknowledged (0 for none)."""

    edition: int
    read: int

    @property
    def first_time(self) -> bool:
        """Whether this person has never acknowledged any edition."""
        return self.read == 0


def pending(user: User) -> Pending | None:
    """What this person has not acknowledged yet, or None; one small query on two indexes."""
    present, read = session.execute(select(newest(user.id), newest_read(user.id))).one()
    return waits(present, read)


def newest(_user_id: uuid.UUID) -> ScalarSelect[int]:
    """The edition in force, as a part of a larger question."""
    return select(func.coalesce(func.max(GuidelineVersion.edition), 0)).scalar_subquery()


def newest_read(user_id: uuid.UUID) -> ScalarSelect[int]:
    """The last edition that this person acknowledged, 0 for none."""
    return select(func.coalesce(func.max(Acknowledgement.edition), 0)).where(Acknowledgement.user_id == user_id).scalar_subquery()


def waits(present: int, read: int) -> Pending | None:
    """What follows from the two."""
    return Pending(present, read) if present > read else None


def last(user: User) -> Acknowledgement | None:
    """The newest edition that this person acknowledged."""
    theirs = select(Acknowledgement).where(Acknowledgement.user_id == user.id)
    return session.scalars(theirs.order_by(Acknowledgement.edition.desc()).limit(1)).first()


def acknowledge(user: User, *, read: int) -> Pending | None:
    """Write down that the person has read this edition; returns what came since they opened the page. Harmless to repeat.

    Raises Invalid for an edition that never was.
    """
    if not 1 <= read <= edition():
        raise Invalid(_("That edition of the rulebook does not exist. Reload the page and look again."))
    row = {"user_id": user.id, "edition": read, "at": now()}
    added = session.execute(insert(Acknowledgement).values(row).on_conflict_do_nothing().returning(Acknowledgement.edition))
    if added.first():
        events.record("acknowledged", "rulebook", None, by=user.id, edition=read)
    return pending(user)


def differences(since: int, locale: str) -> list[Difference]:
    """How the rules that apply differ from an edition, in the order of their numbers; for edition 0 every rule is new."""
    before = _wordings_at(since)
    pairs = ((before.get(new.guideline_id), new) for new in rulebook.current())
    found = (difference(old, new, locale) for old, new in pairs if new.edition > since or old is None)
    return [each for each in found if each.parts or each.weight_changed]


def retired_since(moment: datetime) -> Sequence[GuidelineVersion]:
    """Rules that no longer apply since then."""
    joined = select(GuidelineVersion).join(GuidelineVersion.guideline).options(contains_eager(GuidelineVersion.guideline))
    gone = joined.where(Guideline.retired_at > moment, GuidelineVersion.version == Guideline.current_version)
    return session.scalars(gone.order_by(Guideline.number)).all()


def _wordings_at(since: int) -> dict[uuid.UUID, GuidelineVersion]:
    """The last wording of each rule in an edition."""
    newest_of_each = distinct_on(GuidelineVersion.guideline_id)
    query = select(GuidelineVersion).where(GuidelineVersion.edition <= since).ext(newest_of_each)
    newest = query.order_by(GuidelineVersion.guideline_id, GuidelineVersion.version.desc())
    return {found.guideline_id: found for found in session.scalars(newest)}
