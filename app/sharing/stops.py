"""Stop: a reviewer or an admin holds back everything, one network, one topic or one post, and lets it go on again.

A stop holds from its commit on, because whoever takes a delivery asks `reached` first. The rows follow in batches (`stopping`).
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, Uuid, any_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute

from app.db import session
from app.editorial.models import Post
from app.sharing.models import Delivery
from app.sharing.stop_models import Scope, Stop


def reached() -> ColumnElement[bool]:
    """Whether an active stop reaches a row of `deliveries`, for a WHERE. Without active stops it costs one look per statement."""
    anything = select(Stop.id).where(Stop.ended_at.is_(None)).exists()
    everything = _active(Stop.id, Scope.EVERYTHING).exists()
    networks = _array(_active(Stop.subject, Scope.NETWORK))
    posts = _array(_active(cast(Stop.subject, Uuid()), Scope.POST))
    topics = _array(_active(cast(Stop.subject, Uuid()), Scope.TOPIC))
    of_topic = select(Post.id).where(Post.id == Delivery.post_id, Post.topic_id == any_(topics)).correlate(Delivery).exists()
    return anything & or_(everything, Delivery.network == any_(networks), Delivery.post_id == any_(posts), of_topic)


def reason_of(delivery: Delivery) -> str | None:
    """Why an active stop holds this delivery, in the words of whoever pressed it; none when nothing holds it."""
    stop = holding(delivery)
    return stop.reason if stop else None


def holding(delivery: Delivery) -> Stop | None:
    """The active stop that reaches this delivery, the oldest of several; one query."""
    topic = select(cast(Post.topic_id, Stop.subject.type)).where(Post.id == delivery.post_id).scalar_subquery()
    subject = or_(
        Stop.scope == Scope.EVERYTHING,
        (Stop.scope == Scope.NETWORK) & (Stop.subject == delivery.network),
        (Stop.scope == Scope.POST) & (Stop.subject == str(delivery.post_id)),
        (Stop.scope == Scope.TOPIC) & (Stop.subject == topic),
    )
    return session.scalars(select(Stop).where(Stop.ended_at.is_(None), subject).order_by(Stop.id).limit(1)).one_or_none()


def _active(column: InstrumentedAttribute[Any] | ColumnElement[Any], scope: Scope) -> Select[Any]:
    return select(column).where(Stop.ended_at.is_(None), Stop.scope == scope.value)


def _array(subjects: Select[Any]) -> ColumnElement[Any]:
    """The subjects of the active stops of one scope, read once per statement and not once per row."""
    column = subjects.selected_columns[0]
    return func.array(subjects.scalar_subquery(), type_=ARRAY(column.type))
