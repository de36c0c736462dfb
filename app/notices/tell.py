"""The one way to tell somebody something: a notice in the app and, when wanted, a mail."""

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import select

from app.db import session
from app.errors import Missing, _
from app.notices import mailbox
from app.notices.models import Notice
from app.notices.sentences import SENTENCES
from app.notices.words import translate
from app.people.models import User


def tell(user_id: uuid.UUID, kind: str, *, facts: Mapping[str, object], url: str, mail: bool = True) -> None:
    """Write a notice, and a mail in the receiver's language, in the present transaction. Somebody deactivated is told nothing.

    `kind` is a key of SENTENCES and `facts` fill its blanks (KeyError names what is missing); `url` is a path of ours.
    """
    user = session.get(User, user_id)
    if user is None:
        raise Missing(_("There is no such person."))
    _tell(user, kind, facts, url, mail)


def tell_all(user_ids: Iterable[uuid.UUID], kind: str, *, facts: Mapping[str, object], url: str, mail: bool = True) -> int:
    """Tell several people the same, with one query for all of them; returns how many were told."""
    people = session.scalars(select(User).where(User.id.in_(set(user_ids)), User.deactivated_at.is_(None))).all()
    for user in people:
        _tell(user, kind, facts, url, mail)
    return len(people)


def _tell(user: User, kind: str, facts: Mapping[str, object], url: str, mail: bool) -> None:
    if not user.is_active:
        return
    sentence, values = SENTENCES[kind], {name: str(value) for name, value in facts.items()}
    translate("en", sentence.title, values)
    session.add(Notice(user_id=user.id, kind=kind, facts=values, url=url))
    if mail and sentence.body and user.password_hash is not None:
        mailbox.write(user, kind, facts=values, url=url)
