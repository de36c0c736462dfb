"""Writing the trail."""

import uuid
from typing import Any

from app.audit.models import Event
from app.db import session


def record(verb: str, subject: str, subject_id: uuid.UUID | None, *, by: uuid.UUID | None, **facts: Any) -> Event:
    """Add one event in the present transaction: `by` did `verb` to the `subject`.

    Facts must be JSON and must hold no secret and no text that a person would want forgotten.
    """
    event = Event(verb=verb, subject=subject, subject_id=subject_id, actor_id=by, facts=facts)
    session.add(event)
    return event
