"""What a person decides about themselves."""

from app.audit.events import record
from app.clock import now
from app.errors import Invalid, _
from app.people import lines, passwords, sign_ins, tickets
from app.people.models import LOCALES, SignIn, TicketKind, User
from app.people.zones import is_zone


def change(user: User, *, name: str, field: str, locale: str, time_zone: str) -> None:
    """Change how a person is shown and spoken to; raises Invalid at the first mistake."""
    wanted_name = lines.name(name, field="name")
    wanted_field = lines.name(field, field="field", required=False)
    if locale not in LOCALES:
        raise Invalid(_("Choose one of the languages."), field="locale")
    if not is_zone(time_zone):
        raise Invalid(_("Choose a time zone from the list, for example Europe/Berlin."), field="time_zone")
    user.name, user.field, user.locale, user.time_zone = wanted_name, wanted_field, locale, time_zone


def speak(user: User, locale: str) -> None:
    """Change the language only; raises Invalid."""
    if locale not in LOCALES:
        raise Invalid(_("Choose one of the languages."), field="locale")
    user.locale = locale


def change_password(user: User, *, old: str, new: str, here: SignIn | None) -> None:
    """Change the password, end all other sign-ins and void reset links.

    Raises Invalid when the old one is wrong or the new one weak.
    """
    if not passwords.matches(user, old):
        raise Invalid(_("This is not your present password."), field="old_password")
    passwords.keep(user, new)
    sign_ins.end_all(user, but=here)
    tickets.void(user, TicketKind.RESET)
    record("password changed", "users", user.id, by=user.id)


def end_first_visit(user: User) -> None:
    """The person has been shown around, or wants to look for themselves."""
    user.welcomed_at = user.welcomed_at or now()
