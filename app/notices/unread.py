"""What a person has not seen yet."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ScalarSelect, func, select, update

from app.clock import now
from app.db import session
from app.errors import Missing, _
from app.notices.models import Notice
from app.notices.sentences import SENTENCES, UNKNOWN
from app.notices.words import translate

PAGE = 30
SHOWN_AT_MOST = 99


def count(user_id: uuid.UUID) -> int:
    """How many unread notices a person has; beyond 99 it stops counting."""
    return session.scalar(select(counted(user_id))) or 0


def counted(user_id: uuid.UUID) -> ScalarSelect[int]:
    """The same as a part of a larger question."""
    some = select(Notice.id).where(Notice.user_id == user_id, Notice.read_at.is_(None)).limit(SHOWN_AT_MOST)
    return select(func.count()).select_from(some.subquery()).scalar_subquery()


@dataclass(frozen=True)
class Page:
    """One page of notices, newest first, and where the next ones begin."""

    notices: Sequence[Notice]
    older: uuid.UUID | None


def page(user_id: uuid.UUID, *, before: uuid.UUID | None = None) -> Page:
    """A person's notices, the newest first, beginning before the given one."""
    mine = select(Notice).where(Notice.user_id == user_id).order_by(Notice.id.desc()).limit(PAGE + 1)
    rows = session.scalars(mine.where(Notice.id < before) if before else mine).all()
    return Page(rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None)


def title(notice: Notice, locale: str) -> str:
    """The notice's sentence; one whose words have changed since never breaks a page."""
    try:
        return translate(locale, SENTENCES.get(notice.kind, UNKNOWN).title, notice.facts)
    except KeyError:
        return translate(locale, UNKNOWN.title, {})


def open_one(notice_id: uuid.UUID, *, user_id: uuid.UUID) -> Notice:
    """Mark a person's own notice as read; raises Missing for anybody else's."""
    notice = session.get(Notice, notice_id)
    if notice is None or notice.user_id != user_id:
        raise Missing(_("There is no such notice."))
    notice.read_at = notice.read_at or now()
    return notice


def read_all(user_id: uuid.UUID, *, until: uuid.UUID) -> None:
    """Mark everything up to the newest one that the person was shown; what came later stays unread."""
    mine = update(Notice).where(Notice.user_id == user_id, Notice.read_at.is_(None), Notice.id <= until)
    session.execute(mine.values(read_at=now()))
