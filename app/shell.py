"""The small numbers about a person that pages show beside their own matter, asked for together in one query.

A room adds its own: `shell.NUMBERS["unread_notices"] = unread.counted`. Only what a page looks at is paid for, and all of it at once.
"""

import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import g
from sqlalchemy import ScalarSelect, Select, Uuid, bindparam, select

from app.db import session

NUMBERS: dict[str, Callable[[Any], ScalarSelect[Any]]] = {}


def number(name: str, user_id: uuid.UUID) -> Any:
    """One of the numbers of the person who is signed in; the first call in a request fetches them all."""
    if "shell_numbers" not in g:
        g.shell_numbers = dict(session.execute(_question(*NUMBERS.items()), {"person": user_id}).one()._mapping)
    return g.shell_numbers[name]


@lru_cache(maxsize=1)
def _question(*numbers: tuple[str, Callable[[Any], ScalarSelect[Any]]]) -> Select[Any]:
    """Put together once: that takes longer than the answer."""
    person = bindparam("person", type_=Uuid())
    return select(*(made(person).label(key) for key, made in numbers))
