"""The small numbers about a person that pages show beside their own matter, asked for together in one query.

A room adds its own: `shell.NUMBERS["unread_notices"] = unread.counted`. Only what a page looks at is paid for, and all of it at once.
"""

import uuid
from collections.abc import Callable
from typing import Any

from flask import g
from sqlalchemy import ScalarSelect, select

from app.db import session

NUMBERS: dict[str, Callable[[uuid.UUID], ScalarSelect[Any]]] = {}


def number(name: str, user_id: uuid.UUID) -> Any:
    """One of the numbers of the person who is signed in; the first call in a request fetches them all."""
    if "shell_numbers" not in g:
        columns = [made(user_id).label(key) for key, made in NUMBERS.items()]
        g.shell_numbers = dict(session.execute(select(*columns)).one()._mapping)
    return g.shell_numbers[name]
