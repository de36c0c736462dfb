"""How much one person may publish on a network, and how far apart colleagues publish the same post there.

The networks' own limits are far higher; these are about looking like a person. An admin may change them; without a row the default holds.
"""

import uuid
from dataclasses import asdict, dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from app.audit.events import record
from app.clock import now
from app.db import session
from app.errors import Invalid, Missing, _
from app.sharing.models import Delivery
from app.sharing.networks import networks
from app.sharing.pacing_models import NetworkCap

MOST_PER_HOUR, MOST_PER_DAY, MOST_APART = 100, 500, 24 * 60


@dataclass(frozen=True)
class Cap:
    """Posts of one person in any hour and in any 24 hours; minutes between two colleagues with the same post, when the choice is ours."""

    per_hour: int
    per_day: int
    apart_minutes: int


CAREFUL = Cap(per_hour=1, per_day=2, apart_minutes=20)
# LinkedIn, X and Meta look for co-ordinated posting; the fediverse is talkative; the practice network is there to be tried.
DEFAULTS = {
    "linkedin": CAREFUL,
    "x": CAREFUL,
    "facebook": CAREFUL,
    "threads": Cap(per_hour=2, per_day=4, apart_minutes=15),
    "bluesky": Cap(per_hour=2, per_day=4, apart_minutes=12),
    "mastodon": Cap(per_hour=2, per_day=4, apart_minutes=12),
    "practice": Cap(per_hour=30, per_day=100, apart_minutes=5),
}


def default(network: str) -> Cap:
    """The safe default of a network, also of one that nobody has thought of yet."""
    return DEFAULTS.get(network, CAREFUL)


def current() -> dict[str, Cap]:
    """The cap of every network that is offered, by key; one query."""
    rows = {row.network: _cap(row) for row in session.scalars(select(NetworkCap))}
    return {key: default(key) for key in networks()} | rows


def change(network: str, cap: Cap, *, by: uuid.UUID) -> Cap:
    """From now on this holds for a network, also for what is queued. Raises Missing, or Invalid at the first number that cannot be."""
    if network not in networks():
        raise Missing(_("There is no such network here."))
    _must_be_sensible(cap)
    before = current()[network]
    values = {"network": network, **asdict(cap), "changed_by": by, "changed_at": now()}
    session.execute(insert(NetworkCap).values(values).on_conflict_do_update(index_elements=["network"], set_=values))
    if before != cap:
        record("caps changed", "networks", None, by=by, network=networks()[network].name, was=_said(before), now=_said(cap))
    return cap


def _must_be_sensible(cap: Cap) -> None:
    if not 1 <= cap.per_hour <= MOST_PER_HOUR:
        raise Invalid(_("An hour takes between 1 and %(most)s posts.", most=MOST_PER_HOUR), field="per_hour")
    if not cap.per_hour <= cap.per_day <= MOST_PER_DAY:
        raise Invalid(_("A day takes at least as many posts as an hour, and at most %(most)s.", most=MOST_PER_DAY), field="per_day")
    if not 0 <= cap.apart_minutes <= MOST_APART:
        raise Invalid(_("Colleagues can be between 0 and %(most)s minutes apart.", most=MOST_APART), field="apart_minutes")


def _cap(row: NetworkCap) -> Cap:
    return Cap(row.per_hour, row.per_day, row.apart_minutes)


def _said(cap: Cap) -> str:
    return f"{cap.per_hour} / {cap.per_day} / {cap.apart_minutes} min"


def reached(user_id: uuid.UUID, network: str) -> tuple[str, int]:
    """Which of a person's limits is full there: ("hour" or "day", how many they have published in it); "" when neither is."""
    cap, present = current().get(network, default(network)), now()
    sent = select(func.count(), func.count().filter(Delivery.sent_at > present - timedelta(hours=1)))
    sent = sent.where(Delivery.state.in_(("sending", "published", "unconfirmed", "removed")))
    sent = sent.where(Delivery.user_id == user_id, Delivery.network == network, Delivery.sent_at > present - timedelta(days=1))
    day, hour = session.execute(sent).one()
    if day >= cap.per_day:
        return "day", day
    return ("hour", hour) if hour >= cap.per_hour else ("", hour)
