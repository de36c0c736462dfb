"""The company's people, teams and topics."""

import tomllib
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import config
from app.db import session
from app.guidelines import acknowledgements, editions, starter
from app.people import invitations, preferences, roles, teams, tickets, topics
from app.people.models import TicketKind, Topic, User

HERE = Path(__file__).parent
PASSWORD = "pumps-and-people"  # noqa: S105 - printed at every start; `loading` refuses it in production
ADMIN = "ada"


@dataclass(frozen=True)
class Company:
    """Everybody and every topic, by their keys in the file."""

    people: dict[str, User]
    topics: dict[str, Topic]


@lru_cache(maxsize=4)
def read(name: str) -> dict[str, Any]:
    """One of the files beside this one."""
    with (HERE / name).open("rb") as file:
        return tomllib.load(file)


def email(key: str) -> str:
    """Where mail to this person would go; nobody can own an address in .example."""
    return f"{key}@nordwerk.example"


def found() -> Company:
    """Found the company: its admin first, who then does the rest as an admin would."""
    cast = read("company.toml")["person"]
    admin = _first_admin(next(one for one in cast if one["key"] == ADMIN))
    placed = {name: teams.add(name, by=admin).id for name in read("company.toml")["teams"]}
    subjects = {one["key"]: topics.add(name_en=one["en"], name_de=one["de"], by=admin) for one in read("company.toml")["topic"]}
    starter.load_if_empty()
    roles.place([admin.id], placed["People and IT"], by=admin)
    people = {ADMIN: admin, **{one["key"]: _invite(one, placed[one["team"]], admin) for one in cast if one["key"] != ADMIN}}
    for one in cast:
        _settle_in(people[one["key"]], one, subjects)
    return Company(people, subjects)


def _first_admin(facts: dict[str, Any]) -> User:
    url = invitations.create_admin(email=email(ADMIN), name=facts["name"])
    return invitations.accept(_token(url), password=PASSWORD, name=facts["name"])


def _invite(facts: dict[str, Any], team_id: uuid.UUID, admin: User) -> User:
    name, address = facts["name"], email(facts["key"])
    user = invitations.invite(email=address, name=name, roles=facts["roles"], team_id=team_id, locale=facts["locale"], by=admin)
    url = tickets.issue(user, TicketKind.INVITATION, by=admin.id)
    return invitations.accept(_token(url), password=PASSWORD, name=name)


def _token(url: str) -> str:
    return url.removeprefix(config.settings().base_url).rsplit("/", 1)[-1]


def _settle_in(user: User, facts: dict[str, Any], subjects: dict[str, Topic]) -> None:
    """Their own settings; all but the newcomer have been shown around and have read the rules."""
    preferences.change(user, name=facts["name"], field=facts["field"], locale=facts["locale"], time_zone=facts["zone"])
    session.flush()
    if facts.get("newcomer"):
        return
    topics.follow(user, [subjects[key].id for key in facts["topics"]])
    acknowledgements.acknowledge(user, read=editions.edition())
    preferences.end_first_visit(user)
