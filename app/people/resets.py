"""A forgotten password: a link by mail, and a new start for all sign-ins."""

from sqlalchemy import select

import config
from app.audit.events import record
from app.db import session
from app.notices import mailbox
from app.people import invitations, passwords, sign_ins, tickets
from app.people.models import TicketKind, User


def ask(email: str) -> None:
    """Send a reset link, or a new invitation to somebody who never came in. Says nothing about whether the address is known.

    Known or not, one event is written, so that both answers wait for the disk.
    """
    address = email.strip().lower()[:300].replace("\0", "")
    user = session.scalars(select(User).where(User.email == address, User.deactivated_at.is_(None))).one_or_none()
    record("reset asked", "users", user.id if user else None, by=None)
    if user is None:
        return
    if user.password_hash is None:
        invitations.resend(user, by=None)
        return
    url = tickets.issue(user, TicketKind.RESET)
    mailbox.write(user, "reset", facts={"company": config.settings().company, "name": user.name}, url=url)


def finish(token: str, *, password: str) -> User:
    """Set the new password, end all sign-ins and void all other links.

    Raises Spent, or Invalid for a weak password; the caller rolls back, so the link stays good.
    """
    user = tickets.use(token, TicketKind.RESET).user
    passwords.keep(user, password)
    tickets.void(user, TicketKind.RESET, TicketKind.INVITATION)
    sign_ins.end_all(user)
    record("password reset", "users", user.id, by=user.id)
    return user
