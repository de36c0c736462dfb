"""Links sent by mail: each is good for one thing, once, for a while. Only a hash of its token is kept."""

import secrets
import uuid
from datetime import timedelta

from sqlalchemy import Select, select, update
from sqlalchemy.orm import joinedload

import config
from app.clock import now
from app.db import session
from app.errors import Refusal, _
from app.people.models import Ticket, TicketKind, User
from app.people.sign_ins import token_hash

LIFETIMES = {TicketKind.INVITATION: timedelta(days=7), TicketKind.RESET: timedelta(hours=1)}
PATHS = {TicketKind.INVITATION: "/welcome", TicketKind.RESET: "/reset"}


class Spent(Refusal):
    """The link does not work any more, or never did; the way on is a new one."""

    status = 410


def issue(user: User, kind: TicketKind, *, by: uuid.UUID | None = None) -> str:
    """Make a link for a person and void the earlier ones of this kind; returns its whole address."""
    void(user, kind)
    token = secrets.token_urlsafe(32)
    session.add(Ticket(kind=kind.value, user_id=user.id, token_hash=token_hash(token), created_by=by, expires_at=now() + LIFETIMES[kind]))
    return f"{config.settings().base_url}{PATHS[kind]}/{token}"


def void(user: User, *kinds: TicketKind) -> None:
    """Make a person's unused links worthless."""
    unused = update(Ticket).where(Ticket.user_id == user.id, Ticket.used_at.is_(None), Ticket.kind.in_(kinds))
    session.execute(unused.values(used_at=now()))


def find(token: str, kind: TicketKind) -> Ticket:
    """The usable ticket behind a token; raises Spent with what happened to it."""
    return _usable(session.scalars(_by(token, kind)).one_or_none())


def use(token: str, kind: TicketKind) -> Ticket:
    """Take the ticket; of two requests at once only the first one gets it. Raises Spent."""
    locked = _by(token, kind).with_for_update(of=Ticket).execution_options(populate_existing=True)
    ticket = _usable(session.scalars(locked).one_or_none())
    ticket.used_at = now()
    return ticket


def _by(token: str, kind: TicketKind) -> Select[Ticket]:
    return (
        select(Ticket)
        .join(Ticket.user)
        .options(joinedload(Ticket.user, innerjoin=True))
        .where(Ticket.token_hash == token_hash(token), Ticket.kind == kind.value, User.deactivated_at.is_(None))
    )


def _usable(ticket: Ticket | None) -> Ticket:
    if ticket is None:
        raise Spent(_("We do not know this link. Perhaps the mail program cut it off: copy the whole line."))
    if ticket.used_at is not None:
        raise Spent(_("This link has been used already, or a newer one has taken its place."))
    if ticket.expires_at <= now():
        raise Spent(_("This link is too old. For your safety it works only for a while."))
    return ticket
