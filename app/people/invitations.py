"""Invitations: a person is added by an admin and sets a password through a link that came by mail."""

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

import config
from app.audit.events import record
from app.db import session
from app.errors import Invalid, Refusal, Stale, _
from app.notices import mailbox
from app.people import lines, passwords, tickets
from app.people.models import Role, TicketKind, User

MOST_AT_ONCE = 500
# A comma in quotation marks belongs to a name: "King, Ada" <ada@company.com>
ENTRY = re.compile(r'(?:"[^"\n]*"|[^",;\n])+')
NAMED = re.compile(r"(?P<name>[^<>]*)<(?P<email>[^<>]*)>")


@dataclass
class Invited:
    """What came of a pasted list: who was invited, who was here before, and which lines will not do, each with the reason."""

    people: list[User] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: list[tuple[str, Refusal]] = field(default_factory=list)


def invite(*, email: str, name: str, roles: Sequence[str], team_id: uuid.UUID | None, locale: str, by: User) -> User:
    """Add a person and send the invitation; raises Invalid for a bad address and for one that is here already."""
    user = _add(email=email, name=name, roles=roles, team_id=team_id, locale=locale)
    record("invited", "users", user.id, by=by.id, roles=list(user.roles))
    _send(user, by=by)
    return user


def invite_many(text: str, *, roles: Sequence[str], team_id: uuid.UUID | None, locale: str, by: User) -> Invited:
    """Invite everybody of a pasted list, one `name@company.com` or `Name <name@company.com>` a line or between commas."""
    entries = [entry.strip() for entry in ENTRY.findall(text) if entry.strip()]
    if len(entries) > MOST_AT_ONCE:
        raise Invalid(_("At most %(most)s people at once, please.", most=MOST_AT_ONCE), field="people")
    result = Invited()
    for entry in entries:
        _invite_entry(entry, result, roles=roles, team_id=team_id, locale=locale, by=by)
    return result


def _invite_entry(entry: str, result: Invited, *, roles: Sequence[str], team_id: uuid.UUID | None, locale: str, by: User) -> None:
    name, email = read_entry(entry)
    try:
        user = invite(email=email, name=name or name_from(email), roles=roles, team_id=team_id, locale=locale, by=by)
        result.people.append(user)
    except KnownAddress:
        result.known.append(email.strip().lower())
    except Refusal as refusal:
        result.refused.append((lines.clean(entry), refusal))


def read_entry(entry: str) -> tuple[str, str]:
    """Name and address out of `Ada King <ada@company.com>`, as mail programs write it; the name may be missing."""
    found = NAMED.fullmatch(entry)
    if found is None:
        return "", entry
    last, comma, first = found["name"].strip().strip('"').partition(",")
    return (f"{first} {last}" if comma else last), found["email"]


def name_from(email: str) -> str:
    """A first guess, until the person corrects it: "ada.king@company.com" is Ada King."""
    words = email.partition("@")[0].partition("+")[0].replace("_", ".").replace("-", ".").split(".")
    return " ".join(word.capitalize() for word in words if word) or email


class KnownAddress(Invalid):
    """Somebody with this address is here already."""


def _add(*, email: str, name: str, roles: Sequence[str], team_id: uuid.UUID | None, locale: str) -> User:
    user = User(
        email=lines.email(email),
        name=lines.name(name, field="name"),
        roles=clean_roles(roles),
        team_id=team_id,
        locale=locale,
    )
    try:
        with session.begin_nested():
            session.add(user)
    except IntegrityError as error:
        raise KnownAddress(_("Somebody with this address is here already."), field="email") from error
    return user


def clean_roles(roles: Sequence[str]) -> list[str]:
    """The roles in their order, each once; raises Invalid for something that is no role."""
    wanted = set(roles)
    if not wanted <= {role.value for role in Role}:
        raise Invalid(_("There is no such role."), field="roles")
    return [role.value for role in Role if role.value in wanted]


def resend(user: User, *, by: User | None) -> None:
    """Send a new invitation and void the earlier one; raises Stale when the person has set a password."""
    if user.password_hash is not None or not user.is_active:
        raise Stale(_("%(name)s has no open invitation.", name=user.name))
    record("invitation sent again", "users", user.id, by=by.id if by else user.id)
    _send(user, by=by)


def _send(user: User, *, by: User | None) -> None:
    url = tickets.issue(user, TicketKind.INVITATION, by=by.id if by else None)
    facts = {"company": config.settings().company, "name": user.name, "by": by.name if by else config.settings().company}
    mailbox.write(user, "invitation", facts=facts, url=url)


def accept(token: str, *, password: str, name: str) -> User:
    """Set the first password; the link is used up. Raises Spent, or Invalid when name or password will not do."""
    user = tickets.use(token, TicketKind.INVITATION).user
    user.name = lines.name(name, field="name")
    passwords.keep(user, password)
    record("invitation accepted", "users", user.id, by=user.id)
    return user


def create_admin(*, email: str, name: str) -> str:
    """Add an admin, or make somebody who is here one; returns the link with which to set the password."""
    address = lines.email(email)
    user = session.scalars(select(User).where(User.email == address).with_for_update()).one_or_none()
    if user is None:
        user = _add(email=address, name=name, roles=[Role.EXPERT, Role.ADMIN], team_id=None, locale="en")
    user.roles = clean_roles([*user.roles, Role.ADMIN])
    user.deactivated_at = None
    record("made admin by command", "users", user.id, by=None)
    kind = TicketKind.INVITATION if user.password_hash is None else TicketKind.RESET
    return tickets.issue(user, kind)
