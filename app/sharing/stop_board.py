"""What pages say of stops: which are active, what each holds and what its end would do; what was stopped before."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from sqlalchemy import ColumnElement, Integer, ScalarSelect, Select, and_, cast, exists, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from app import clock
from app.db import session
from app.editorial import content
from app.editorial.models import Post
from app.people.models import Topic, User
from app.sharing import going_on, holding, networks, stops
from app.sharing.models import Delivery, DeliveryState, Priority
from app.sharing.stop_models import Scope, Stop

PAGE = 20
RECENT_POSTS = 20


@dataclass(frozen=True)
class Known:
    """An active stop, as far as somebody whose share it reaches needs to know it."""

    scope: str
    subject: str
    reason: str
    by: str

    def reaches(self, delivery: Delivery) -> bool:
        """Whether it holds this delivery."""
        return self.subject in {
            Scope.EVERYTHING.value: ("",),
            Scope.NETWORK.value: (delivery.network,),
            Scope.POST.value: (str(delivery.post_id),),
            Scope.TOPIC.value: (str(delivery.post.topic_id),),
        }.get(self.scope, ())


def active_stops(_user_id: uuid.UUID | None = None) -> ScalarSelect[Any]:
    """All active stops as one value, to be asked for beside something else."""
    facts = func.jsonb_build_object("scope", Stop.scope, "subject", Stop.subject, "reason", Stop.reason, "by", User.name)
    return select(func.jsonb_agg(facts)).join(User, User.id == Stop.started_by).where(Stop.ended_at.is_(None)).scalar_subquery()


def read(found: list[dict[str, str]] | None) -> list[Known]:
    """The answer of `active_stops`."""
    return [Known(**one) for one in found or []]


@dataclass(frozen=True)
class Line:
    """One active stop: how many shares it holds, and what would become of them if it ended now; `ours` of those that spread keep apart."""

    stop: Stop
    name: str
    held: int = 0
    go_on: int = 0
    spread: int = 0
    ours: int = 0
    minutes: int = 0
    late: int = 0

    @property
    def stay(self) -> int:
        """How many another stop would still hold."""
        return self.held - self.go_on - self.late


def lines(locale: str) -> list[Line]:
    """Every active stop, the newest first; four queries at any size."""
    found = session.scalars(select(Stop).where(Stop.ended_at.is_(None)).options(joinedload(Stop.starter)).order_by(Stop.id.desc())).all()
    if not found:
        return []
    called, counted = names(found, locale), _counted()
    return [Line(one, called[one.id], **counted.get(one.id, {})) for one in found]


def _counted() -> dict[uuid.UUID, dict[str, int]]:
    """What each active stop holds, by the row's state now: what is queued still counts, it is held within moments."""
    waiting, other = _waiting().cte("waiting"), aliased(Stop)
    alone = ~exists().where(other.ended_at.is_(None), other.id != Stop.id, stops.matches(other, waiting.c.network))
    numbers = (
        cast(func.sum(waiting.c.all), Integer).label("held"),
        _sum(waiting.c.in_time, alone).label("go_on"),
        _sum(waiting.c.overdue, alone).label("spread"),
        _sum(waiting.c.ours, alone).label("ours"),
        _sum(waiting.c.all - waiting.c.in_time, alone).label("late"),
    )
    rows = session.execute(
        select(Stop.id, *numbers)
        .select_from(waiting)
        .join(Post, Post.id == waiting.c.post_id)
        .join(Stop, stops.matches(Stop, waiting.c.network))
        .where(Stop.ended_at.is_(None))
        .group_by(Stop.id, waiting.c.network)
    )
    return _summed(rows)


def _sum(counted: ColumnElement[int], where: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.coalesce(func.sum(counted).filter(where), 0), Integer)


def _waiting() -> Select[str, uuid.UUID, int, int, int, int]:
    """How many wait, by network and post: stops do not ask for more, and so each row is read once, however many stops there are."""
    now = clock.now()
    in_time = Delivery.latest_at >= now
    waits = or_(
        Delivery.state == DeliveryState.QUEUED.value,
        and_(Delivery.state == DeliveryState.HELD.value, Delivery.problem.in_(holding.GOES_ON)),
    )
    numbers = (
        func.count().label("all"),
        func.count().filter(in_time).label("in_time"),
        func.count().filter(in_time, Delivery.due_at <= now).label("overdue"),
        func.count().filter(in_time, Delivery.due_at <= now, Delivery.priority == Priority.SPREAD.value).label("ours"),
    )
    return select(Delivery.network, Delivery.post_id, *numbers).where(waits).group_by(Delivery.network, Delivery.post_id)


def _summed(rows: Iterable[Any]) -> dict[uuid.UUID, dict[str, int]]:
    """Over all networks; each goes on by itself, so the longest of them says how long it takes for what somebody waits for."""
    found: dict[uuid.UUID, dict[str, int]] = {}
    for row in rows:
        one = found.setdefault(row.id, dict.fromkeys(("held", "go_on", "spread", "ours", "late", "minutes"), 0))
        for key in ("held", "go_on", "spread", "ours", "late"):
            one[key] += getattr(row, key)
        waited_for = row.spread - row.ours
        one["minutes"] = max(one["minutes"], ceil(waited_for * going_on.apart(row.spread) / 60))
    return found


def names(found: Sequence[Stop], locale: str) -> dict[uuid.UUID, str]:
    """What each stop is about, in words; empty for everything. At most two queries."""
    topics = {str(row.id): row.name(locale) for row in _rows(Topic, found, Scope.TOPIC)}
    posts = {str(row.id): content.first_words(content.of(row.content), 60) for row in _rows(Post, found, Scope.POST)}
    called = {Scope.TOPIC.value: topics, Scope.POST.value: posts}
    return {
        one.id: networks.name_of(one.subject) if one.scope == Scope.NETWORK else called.get(one.scope, {}).get(one.subject, "")
        for one in found
    }


def _rows(table: Any, found: Sequence[Stop], scope: Scope) -> Sequence[Any]:
    ids = [uuid.UUID(one.subject) for one in found if one.scope == scope.value]
    return session.scalars(select(table).where(table.id.in_(ids))).all() if ids else []


def ended(*, before: uuid.UUID | None = None) -> tuple[list[Stop], uuid.UUID | None]:
    """Stops that are over, the newest first, and the id after which the next page starts."""
    newest = select(Stop).where(Stop.ended_at.is_not(None)).options(joinedload(Stop.starter), joinedload(Stop.ender))
    newest = newest.order_by(Stop.id.desc()).limit(PAGE + 1)
    found = list(session.scalars(newest if before is None else newest.where(Stop.id < before)))
    return found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None


def recent_posts(chosen: str = "") -> list[tuple[str, str]]:
    """Posts to choose from: the newest that can be shared, and the chosen one; (id, first words)."""
    live = select(Post).where(Post.state == "live", Post.share_until > clock.now()).order_by(Post.id.desc()).limit(RECENT_POSTS)
    rows = list(session.scalars(live))
    if chosen and chosen not in {str(row.id) for row in rows}:
        rows += session.scalars(select(Post).where(Post.id == _id(chosen)))
    return [(str(row.id), content.first_words(content.of(row.content), 60)) for row in rows]


def _id(typed: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(typed)
    except ValueError:
        return None
