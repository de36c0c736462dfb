"""People read the rulebook once, and after that only what matters and has changed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
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
    newest = select(func.max(GuidelineVersion.edition)).scalar_subquery()
    read = select(func.max(Acknowledgement.edition)).where(Acknowledgement.user_id == user.id).scalar_subquery()
    present, last = session.execute(select(func.coalesce(newest, 0), func.coalesce(read, 0))).one()
    return Pending(present, last) if present > last else None


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
