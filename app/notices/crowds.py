"""Telling many people something at once, each in their own words: two statements, however many they are."""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

import config
from app.clock import now
from app.db import session
from app.ids import uuid7
from app.notices.mailbox import printable
from app.notices.sentences import SENTENCES
from app.notices.words import translate

_NOTICES = text("""
    INSERT INTO notices (id, user_id, kind, facts, url, created_at)
    SELECT told.id, told.user_id, :kind, told.facts, :url, :now
    FROM unnest(CAST(:ids AS uuid[]), CAST(:users AS uuid[]), CAST(:facts AS jsonb[])) AS told (id, user_id, facts)
""")
_MAILS = text("""
    INSERT INTO mails (id, user_id, "to", subject, body, created_at, due_at, tries)
    SELECT told.id, told.user_id, told.email, told.subject, told.body, :now, :now, 0
    FROM unnest(CAST(:ids AS uuid[]), CAST(:users AS uuid[]), CAST(:emails AS text[]), CAST(:subjects AS text[]), CAST(:bodies AS text[]))
        AS told (id, user_id, email, subject, body)
""")


@dataclass(frozen=True)
class Listener:
    """Somebody who is told: where mail goes ("" for nobody who reads it), and what fills the blanks of the sentence."""

    user_id: uuid.UUID
    locale: str
    email: str
    facts: Mapping[str, str]


def tell_each(listeners: Sequence[Listener], kind: str, *, url: str) -> None:
    """A notice for each, and a mail in their language for those who have an address; in the present transaction."""
    if not listeners:
        return
    told = {
        "ids": [uuid7() for _ in listeners],
        "users": [one.user_id for one in listeners],
        "facts": [json.dumps(dict(one.facts)) for one in listeners],
    }
    session.execute(_NOTICES, told | {"kind": kind, "url": url, "now": now()})
    written = [one for one in listeners if one.email]
    letters = [_letter(one, kind, url) for one in written]
    mails = {
        "ids": [uuid7() for _ in written],
        "users": [one.user_id for one in written],
        "emails": [one.email for one in written],
        "subjects": [subject for subject, _body in letters],
        "bodies": [body for _subject, body in letters],
    }
    session.execute(_MAILS, mails | {"now": now()})


def _letter(one: Listener, kind: str, url: str) -> tuple[str, str]:
    """Subject and body, as `app.notices.mailbox` writes them."""
    sentence, values = SENTENCES[kind], {name: printable(value) for name, value in one.facts.items()}
    subject = " ".join(translate(one.locale, sentence.subject, values).split())[:200]
    return subject, f"{translate(one.locale, sentence.body, values)}\n{config.settings().base_url}{url}\n"
