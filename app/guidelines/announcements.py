"""A new edition of the rulebook, told to everybody in the app."""

import uuid

from sqlalchemy import ColumnElement, Text, Uuid, cast, exists, func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from app.clock import now
from app.db import session
from app.guidelines.models import GuidelineVersion
from app.ids import uuid7
from app.notices.models import Notice
from app.people.models import User

KIND = "rulebook_changed"
CHANGES_URL = "/guidelines/changes"
_TIME_AND_KIND = len("01234567-89ab-7")


def announce(made: GuidelineVersion) -> None:
    """One statement for all active people, without mail; who has not read the last such notice yet gets no second one."""
    unread = exists().where(Notice.user_id == User.id, Notice.read_at.is_(None), Notice.kind == KIND)
    facts = {"edition": made.edition, "code": made.code, "title": made.texts["en"]["title"], "title_de": made.texts["de"]["title"]}
    people = select(_new_id(), User.id, literal(KIND), literal(facts, JSONB), literal(CHANGES_URL), literal(now())).where(
        User.deactivated_at.is_(None), ~unread
    )
    columns = [Notice.id, Notice.user_id, Notice.kind, Notice.facts, Notice.url, Notice.created_at]
    session.execute(insert(Notice).from_select(columns, people, include_defaults=False))


def _new_id() -> ColumnElement[uuid.UUID]:
    """An id for each row: the time of now, the rest random (uuidv7() came only with PostgreSQL 18)."""
    random = func.substr(cast(func.gen_random_uuid(), Text), _TIME_AND_KIND + 1)
    return cast(func.concat(str(uuid7())[:_TIME_AND_KIND], random), Uuid)
