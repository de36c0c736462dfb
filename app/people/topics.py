"""Topics: what people follow and what a post is about, named in both languages."""

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from app.audit.events import record
from app.clock import now
from app.db import session
from app.errors import Invalid, Missing, _
from app.people import lines
from app.people.models import Topic, User, followed_topics


def current(locale: str) -> Sequence[Topic]:
    """The topics in use, by name in a language."""
    name = Topic.name_de if locale == "de" else Topic.name_en
    return session.scalars(select(Topic).where(Topic.retired_at.is_(None)).order_by(name)).all()


def options(locale: str) -> list[tuple[uuid.UUID, str]]:
    """The topics in use as (id, name) to choose from."""
    return [(topic.id, topic.name(locale)) for topic in current(locale)]


def with_followers() -> list[tuple[Topic, int]]:
    """All topics with the number of their followers, those in use first."""
    rows = select(Topic, func.count(followed_topics.c.user_id)).outerjoin(followed_topics).group_by(Topic.id)
    return [(topic, count) for topic, count in session.execute(rows.order_by(Topic.retired_at.is_not(None), Topic.name_en))]


def found(topic_id: uuid.UUID) -> Topic:
    """The topic; raises Missing."""
    topic = session.get(Topic, topic_id, with_for_update=True)
    if topic is None:
        raise Missing(_("There is no such topic."))
    return topic


def add(*, name_en: str, name_de: str, by: User) -> Topic:
    """Add a topic; raises Invalid when a name is empty, too long or taken."""
    topic = Topic()
    _save(topic, lines.name(name_en, field="name_en"), lines.name(name_de, field="name_de"))
    record("topic added", "topics", topic.id, by=by.id, en=topic.name_en, de=topic.name_de)
    return topic


def rename(topic_id: uuid.UUID, *, name_en: str, name_de: str, by: User) -> Topic:
    """Rename a topic; raises Invalid when a name is empty, too long or taken."""
    topic = found(topic_id)
    wanted = (lines.name(name_en, field="name_en"), lines.name(name_de, field="name_de"))
    was = (topic.name_en, topic.name_de)
    if was != wanted:
        _save(topic, *wanted)
        record("topic renamed", "topics", topic.id, by=by.id, was=list(was), now=list(wanted))
    return topic


def retire(topic_id: uuid.UUID, *, by: User) -> Topic:
    """Offer a topic to nobody any more; posts keep it. Doing it twice changes nothing."""
    topic = found(topic_id)
    if topic.retired_at is None:
        topic.retired_at = now()
        record("topic retired", "topics", topic.id, by=by.id)
    return topic


def bring_back(topic_id: uuid.UUID, *, by: User) -> Topic:
    """Offer a retired topic again."""
    topic = found(topic_id)
    if topic.retired_at is not None:
        topic.retired_at = None
        record("topic brought back", "topics", topic.id, by=by.id)
    return topic


def follow(user: User, topic_ids: Iterable[uuid.UUID]) -> None:
    """Let a person follow exactly these of the topics in use; what is unknown or retired is left out."""
    wanted = set(topic_ids)
    user.topics = [topic for topic in current("en") if topic.id in wanted]


def _save(topic: Topic, name_en: str, name_de: str) -> None:
    try:
        with session.begin_nested():
            topic.name_en, topic.name_de = name_en, name_de
            session.add(topic)
    except IntegrityError as error:
        taken = "name_de" if "name_de" in str(error.orig) else "name_en"
        raise Invalid(_("There is a topic of this name already."), field=taken) from error
