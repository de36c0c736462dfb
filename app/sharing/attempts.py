"""What became of a delivery, step by step, in plain words: for its owner."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import LazyString
from sqlalchemy import select

from app.audit.models import Event
from app.db import session
from app.errors import _
from app.sharing.models import Delivery, DeliveryState
from app.sharing.networks import name_of
from app.sharing.pace import NEVER

MOST = 100
Facts = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One thing that happened, or that will (`ahead`)."""

    at: datetime
    words: LazyString
    ahead: bool = False


def story(delivery: Delivery) -> list[Step]:
    """The steps of one delivery in their order, the newest hundred of them, and what comes next; one query."""
    happened = select(Event).where(Event.subject == "deliveries", Event.subject_id == delivery.id).order_by(Event.id.desc()).limit(MOST)
    events = list(session.scalars(happened))[::-1]
    steps = [Step(delivery.created_at, _("You shared it."))]
    steps += [Step(event.at, words) for event in events if (words := _words(event, delivery))]
    return steps + _ahead(delivery)


def _ahead(delivery: Delivery) -> list[Step]:
    """What happens next by itself."""
    if delivery.state == DeliveryState.QUEUED:
        words = _("It is tried again.") if delivery.tries else _("It leaves.")
    elif delivery.state == DeliveryState.UNCONFIRMED and delivery.due_at < NEVER:
        words = _("We look again.")
    else:
        return []
    return [Step(delivery.due_at, words, ahead=True)]


def _words(event: Event, delivery: Delivery) -> LazyString | None:
    tell = TELLERS.get(event.verb)
    return tell(event, name_of(delivery.network)) if tell else None


def _sent(_event: Event, network: str) -> LazyString:
    return _("Sent to %(network)s.", network=network)


def _published(event: Event, network: str) -> LazyString:
    if event.facts.get("was") != "unconfirmed":
        return _("%(network)s has confirmed it: it is published.", network=network)
    return _("You told us that it is there.") if event.actor_id else _("We found it there: it is published.")


def _in_doubt(event: Event, network: str) -> LazyString | None:
    if event.facts.get("was") == "failed":
        return None if event.facts.get("late") else _("You are back: only you can tell whether it is there.")
    return _("No clear answer: %(reason)s. We look whether it is there before anything is sent again.", reason=_reason(event, network))


def _back(event: Event, network: str) -> LazyString:
    was, facts = event.facts.get("was"), event.facts
    if event.actor_id is not None:
        return _("You asked us to send it again.")
    if facts.get("proven") == "absent":
        return _("We looked: it is not there. So it is sent again.")
    if was == "held":
        return _("What held it is over; it goes on.")
    return _("Not taken: %(reason)s. It is tried again.", reason=_reason(event, network))


def _held(event: Event, network: str) -> LazyString:
    return _("It waits: %(reason)s.", reason=_reason(event, network))


def _failed(event: Event, network: str) -> LazyString:
    if event.facts.get("problem") == "left_by_owner":
        return _("You left it as it is.")
    return _("Given up: %(reason)s.", reason=_reason(event, network))


def _skipped(event: Event, network: str) -> LazyString:
    return _("Left out: %(reason)s.", reason=_reason(event, network))


def _cancelled(event: Event, _network: str) -> LazyString:
    return _("You cancelled it.") if event.actor_id else _("It was cancelled.")


def _removal_asked(_event: Event, _network: str) -> LazyString:
    return _("You asked us to take it back.")


def _removed(_event: Event, network: str) -> LazyString:
    return _("It is gone from %(network)s.", network=network)


TELLERS: Mapping[str, Callable[[Event, str], LazyString]] = {
    "sending": _sent,
    "published": _published,
    "unconfirmed": _in_doubt,
    "queued": _back,
    "held": _held,
    "failed": _failed,
    "skipped": _skipped,
    "cancelled": _cancelled,
    "removal asked": _removal_asked,
    "removed": _removed,
}


def _reason(event: Event, network: str) -> LazyString | str:
    code = str(event.facts.get("problem") or "")
    return REASONS[code](network) if code in REASONS else _("%(network)s said no (%(code)s)", network=network, code=code or "-")


REASONS: Mapping[str, Callable[[str], LazyString]] = {
    "timeout": lambda network: _("%(network)s did not answer in time", network=network),
    "connection_lost": lambda network: _("the connection to %(network)s broke off", network=network),
    "unreachable": lambda network: _("%(network)s could not be reached", network=network),
    "server_error": lambda network: _("%(network)s had a fault of its own", network=network),
    "bad_answer": lambda network: _("%(network)s answered something that nobody can read", network=network),
    "html_answer": lambda network: _("%(network)s answered with a web page instead of an answer", network=network),
    "answer_too_large": lambda network: _("the answer of %(network)s was too long to be one", network=network),
    "rate_limited": lambda network: _("%(network)s asked for a pause", network=network),
    "duplicate": lambda network: _("%(network)s says that it has these words already", network=network),
    "interrupted": lambda _network: _("our program was interrupted while it was on its way"),
    "restored": lambda _network: _("a backup was put back, and it may have left before"),
    "overslept": lambda _network: _("our program was stopped for a moment, so it did not leave"),
    "internal": lambda _network: _("a mistake of ours"),
    "token_refreshed": lambda network: _("our access to %(network)s had ended, and is renewed", network=network),
    "refresh_under_way": lambda network: _("our access to %(network)s is being renewed", network=network),
    "refresh_lost": lambda network: _("our access to %(network)s broke off while it was renewed", network=network),
    "token_invalid": lambda network: _("%(network)s does not accept our connection any more", network=network),
    "grant_rejected": lambda network: _("%(network)s does not accept our connection any more", network=network),
    "scope_missing": lambda network: _("a permission is missing at %(network)s", network=network),
    "account_blocked": lambda network: _("%(network)s has restricted the account", network=network),
    "key_lost": lambda _network: _("our stored access cannot be opened"),
    "network_off": lambda network: _("%(network)s is switched off here", network=network),
    "network_setup": lambda network: _("%(network)s is not set up correctly here", network=network),
    "turn": lambda _network: _("it could not leave at its minute"),
    "stopped": lambda _network: _("sharing was stopped here"),
    "too_late": lambda _network: _("its time had passed"),
    "post_withdrawn": lambda _network: _("the post was withdrawn"),
    "too_long": lambda network: _("it is too long for %(network)s", network=network),
    "never_known": lambda _network: _("nobody could tell whether it is there"),
    "still_there": lambda network: _("%(network)s has not deleted it yet", network=network),
}
