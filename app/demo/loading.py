"""Loading the demo company: once, whole, and only where nobody is yet."""

from sqlalchemy import func, select

import config
from app.db import session, transaction
from app.demo import company, content, neighbours
from app.people.models import User

LOCK = 0x4E6F7264
GOOD_FOR = {
    "edda": "expert: write a post, answer the reviewer's remarks",
    "ravi": "reviewer: four proposals wait, one of them his own",
    "emil": "employee, German, first visit: connect an account and share",
    "ada": "admin: people, rules, networks, health, audit",
}


class NotHere(Exception):
    """The demo company does not belong into this installation; the message says what to do."""


class Occupied(NotHere):
    """Other people are here already."""


def load() -> bool:
    """Load it unless it is there; returns whether it was loaded now.

    Raises NotHere in production, Occupied where other people are already. Of two at once one waits for the other.
    """
    settings = config.settings()
    if not settings.development:
        raise NotHere(
            "The demo company's password is known to everybody, so it is only loaded with OUTSPOKEN_ENV=development. Start with --no-demo."
        )
    with transaction():
        session.execute(select(func.pg_advisory_xact_lock(LOCK)))
        fresh = not _is_there()
        if fresh:
            content.fill(company.found())
    neighbours.greet(settings.practice_url)
    return fresh


def _is_there() -> bool:
    """Whether the company is loaded; raises Occupied where other people are."""
    if session.scalar(select(User.id).where(User.email == company.email(company.ADMIN))):
        return True
    if session.scalar(select(User.id).limit(1)):
        raise Occupied("There are people here already. The demo company is only loaded into an empty installation.")
    return False


def people_to_print() -> str:
    """Whom to sign in as, and what each is good for."""
    width = max(len(company.email(key)) for key in GOOD_FOR)
    everybody = len(company.read("company.toml")["person"])
    first = f"Sign in as one of Nordwerk's {everybody} people. Everybody's password: {company.PASSWORD}"
    return "\n".join([first, *(f"  {company.email(key):<{width}}  {words}" for key, words in GOOD_FOR.items())])
