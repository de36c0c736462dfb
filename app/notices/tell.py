"""The one way to tell somebody something: a notice in the app and, when wanted, a mail."""

import uuid
from collections.abc import Iterable, Mapping

from sqlalchemy import ARRAY, Uuid, any_, insert, literal, select

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
    if not user.is_active:
        return
    values = _values(kind, facts)
    session.add(Notice(user_id=user.id, kind=kind, facts=values, url=url))
    if mail and SENTENCES[kind].body and user.password_hash is not None:
        mailbox.write(user, kind, facts=values, url=url)


def tell_all(user_ids: Iterable[uuid.UUID], kind: str, *, facts: Mapping[str, object], url: str, mail: bool = True) -> int:
    """Tell several people the same, with a statement for each kind of row, however many they are; returns how many were told."""
    values, reads = _values(kind, facts), User.password_hash.is_not(None)
    wanted = User.id == any_(literal(list(set(user_ids)), ARRAY(Uuid())))
    rows = session.execute(select(User.id, User.email, User.locale, reads).where(wanted, User.deactivated_at.is_(None))).all()
    if rows:
        session.execute(insert(Notice), [{"user_id": row[0], "kind": kind, "facts": values, "url": url} for row in rows])
    if mail and SENTENCES[kind].body:
        receivers = [mailbox.Receiver(*row[:3]) for row in rows if row[3]]
        mailbox.write_all(receivers, kind, facts=values, url=url)
    return len(rows)


def _values(kind: str, facts: Mapping[str, object]) -> dict[str, str]:
    """The facts as they are kept; raises KeyError for what the sentence still misses."""
    values = {name: str(value) for name, value in facts.items()}
    translate("en", SENTENCES[kind].title, values)
    return values
