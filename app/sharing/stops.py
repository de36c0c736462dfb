"""Stop: a reviewer or an admin holds back everything, one network, one topic or one post, and lets it go on again.

A stop holds from its commit on, because whoever takes a delivery asks `reached` first. The rows follow in batches (`stopping`).
"""

import uuid
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, Uuid, and_, any_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import InstrumentedAttribute

from app import clock, nudges
from app.audit.events import record
from app.db import lock, on_commit, session
from app.editorial.models import Post
from app.errors import Invalid, Missing, _
from app.ids import uuid7
from app.people.models import Topic, User
from app.sharing import networks
from app.sharing.models import Delivery
from app.sharing.stop_models import Scope, Stop

JOB = "stops"
REASON_MAX = 300


def reached() -> ColumnElement[bool]:
    """Whether an active stop reaches a row of `deliveries`, for a WHERE. Without active stops it costs one look per statement."""
    anything = select(Stop.id).where(Stop.ended_at.is_(None)).exists()
    everything = _active(Stop.id, Scope.EVERYTHING).exists()
    on_networks = _array(_active(Stop.subject, Scope.NETWORK))
    posts = _array(_active(cast(Stop.subject, Uuid()), Scope.POST))
    topics = _array(_active(cast(Stop.subject, Uuid()), Scope.TOPIC))
    of_topic = select(Post.id).where(Post.id == Delivery.post_id, Post.topic_id == any_(topics)).correlate(Delivery).exists()
    return anything & or_(everything, Delivery.network == any_(on_networks), Delivery.post_id == any_(posts), of_topic)


def matches(stop: type[Stop], network: ColumnElement[str] | InstrumentedAttribute[str] = Delivery.network) -> ColumnElement[bool]:
    """Whether this one stop reaches a row of `deliveries` that is joined with its post."""
    return or_(
        stop.scope == Scope.EVERYTHING.value,
        and_(stop.scope == Scope.NETWORK.value, stop.subject == network),
        and_(stop.scope == Scope.POST.value, stop.subject == cast(Post.id, Text())),
        and_(stop.scope == Scope.TOPIC.value, stop.subject == cast(Post.topic_id, Text())),
    )


def holding(delivery: Delivery) -> Stop | None:
    """The active stop that reaches this delivery, the oldest of several; one query."""
    found = select(Stop).join(Delivery, Delivery.id == delivery.id).join(Post, Post.id == Delivery.post_id)
    found = found.where(Stop.ended_at.is_(None), matches(Stop)).order_by(Stop.id).limit(1)
    return session.scalars(found).one_or_none()


def reason_of(delivery: Delivery) -> str | None:
    """Why an active stop holds this delivery, in the words of whoever pressed it; none when nothing holds it."""
    stop = holding(delivery)
    return stop.reason if stop else None


def stop(by: User, *, scope: str, subject: str = "", reason: str) -> Stop:
    """Hold back what has not left: from the commit on nothing that this reaches becomes `sending`. Pressing twice changes nothing.

    Raises Invalid without a reason, Missing for a network, topic or post that is not there.
    """
    words = reason.strip()
    if not words:
        raise Invalid(_("Say in a few words why; those whose shares wait will read it."), field="reason")
    if len(words) > REASON_MAX:
        raise Invalid(_("Say it in at most %(most)s characters.", most=REASON_MAX), field="reason")
    chosen = _subject(_scope(scope), subject)
    values = {"id": uuid7(), "scope": scope, "subject": chosen, "reason": words, "started_by": by.id, "started_at": clock.now()}
    made = session.scalars(insert(Stop).values(values).on_conflict_do_nothing().returning(Stop)).one_or_none()
    if made is None:
        active = select(Stop).where(Stop.scope == scope, Stop.subject == chosen, Stop.ended_at.is_(None))
        return session.scalars(active).one()
    record("stopped", "stops", made.id, by=by.id, **_facts(made), reason=words)
    on_commit(partial(nudges.nudge, JOB))
    return made


def resume(by: User, stop_id: uuid.UUID) -> Stop:
    """Let it go on: what no other stop reaches leaves little by little, what is too late is left out. Twice changes nothing."""
    found = session.get(Stop, stop_id)
    if found is None:
        raise Missing(_("There is no such stop."))
    lock(found)
    if found.ended_at is None:
        found.ended_at, found.ended_by = clock.now(), by.id
        record("resumed", "stops", found.id, by=by.id, **_facts(found))
        on_commit(partial(nudges.nudge, JOB))
    return found


def _scope(typed: str) -> Scope:
    try:
        return Scope(typed)
    except ValueError as error:
        raise Invalid(_("Choose what to stop."), field="what") from error


def _subject(scope: Scope, typed: str) -> str:
    """What the stop is about, as it stands in the row; raises Missing when that is not there."""
    if scope is Scope.EVERYTHING:
        return ""
    if scope is Scope.NETWORK:
        networks.network(typed)
        return typed
    table: type[Topic] | type[Post] = Topic if scope is Scope.TOPIC else Post
    try:
        found = session.scalar(select(table.id).where(table.id == uuid.UUID(typed)))
    except ValueError:
        found = None
    if found is None:
        raise Missing(_("There is no such topic.") if scope is Scope.TOPIC else _("There is no such post."))
    return str(found)


def _facts(found: Stop) -> dict[str, str]:
    return {"scope": found.scope} | ({found.scope: found.subject} if found.subject else {})


def _active(column: InstrumentedAttribute[Any] | ColumnElement[Any], scope: Scope) -> Select[Any]:
    return select(column).where(Stop.ended_at.is_(None), Stop.scope == scope.value)


def _array(subjects: Select[Any]) -> ColumnElement[Any]:
    """The subjects of the active stops of one scope, read once per statement and not once per row."""
    column = subjects.selected_columns[0]
    return func.array(subjects.scalar_subquery(), type_=ARRAY(column.type))
