"""Telling people what their standing consents have planned, before it leaves: one notice and one mail each, however many accounts.

One statement, however many people there are: the sentences are the same for all who speak a language, the places and times are their own.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

import config
from app.db import session
from app.editorial import content
from app.editorial.models import Post
from app.ids import uuid7
from app.notices.mailbox import printable
from app.notices.sentences import SENTENCES, Sentence
from app.notices.words import N_, translate
from app.people.models import LOCALES
from app.sharing.arrays import array
from app.sharing.networks import name_of, networks

KIND, URL = "share_planned", "/standing#planned"
SENTENCES[KIND] = Sentence(
    title=N_("Planned in your name: “%(title)s” on %(places)s. You can still say no."),
    subject=N_("Planned in your name: %(title)s"),
    body=N_(
        "As you agreed, “%(title)s” goes out from your account: on %(places)s.\n\nIf you do not want this one, stop it with one click; you "
        "need not give a reason. Otherwise there is nothing to do.\n\nLook at the text, or stop it:"
    ),
    icon="clock",
)
# How a day and a time are written; PostgreSQL does it for each person in their zone.
TIMES = {"en": "FMDD Mon YYYY, HH24:MI", "de": "DD.MM.YYYY, HH24:MI"}
_TELL = text("""
    WITH spoken AS (
        SELECT * FROM unnest(CAST(:locales AS text[]), CAST(:times AS text[]), CAST(:subjects AS text[]), CAST(:bodies AS text[]))
            AS spoken (locale, time, subject, body)),
    called AS (
        SELECT * FROM unnest(CAST(:call_locales AS text[]), CAST(:call_networks AS text[]), CAST(:call_names AS text[]))
            AS called (locale, network, name)),
    told AS MATERIALIZED (
        SELECT u.id, u.email, u.password_hash IS NOT NULL AS reads, spoken.subject, spoken.body,
            string_agg(called.name || ', ' || to_char(d.due_at AT TIME ZONE u.time_zone, spoken.time), '; ' ORDER BY d.due_at) AS places
        FROM deliveries d
        JOIN users u ON u.id = d.user_id
        JOIN spoken ON spoken.locale = u.locale
        JOIN called ON called.locale = u.locale AND called.network = d.network
        WHERE d.id = ANY (CAST(:deliveries AS uuid[]))
        GROUP BY u.id, spoken.subject, spoken.body),
    noticed AS (
        INSERT INTO notices (id, user_id, kind, facts, url, created_at)
        SELECT CAST(overlay(CAST(gen_random_uuid() AS text) PLACING CAST(:stamp AS text) FROM 1) AS uuid), id, :kind,
            jsonb_build_object('title', CAST(:title AS text), 'places', places), :url, :now
        FROM told)
    INSERT INTO mails (id, user_id, "to", subject, body, created_at, due_at, tries)
    SELECT CAST(overlay(CAST(gen_random_uuid() AS text) PLACING CAST(:stamp AS text) FROM 1) AS uuid), id, email, subject,
        replace(body, CAST(:places AS text), places), :now, :now, 0
    FROM told WHERE reads
""")


def announce(post: Post, delivery_ids: Sequence[str], *, now: datetime) -> None:
    """The owners of these planned deliveries of this post (ids as text) learn where and when, in their zone."""
    title, places = printable(content.first_words(content.of(post.content))), uuid7().hex
    sentence, values, address = SENTENCES[KIND], {"title": title, "places": places}, config.settings().base_url + URL
    calls = [(locale, key, translate(locale, name_of(key), {})) for locale in LOCALES for key in networks()]
    facts: dict[str, Any] = {
        "locales": list(LOCALES),
        "times": [TIMES.get(locale, TIMES["en"]) for locale in LOCALES],
        "subjects": [" ".join(translate(locale, sentence.subject, values).split())[:200] for locale in LOCALES],
        "bodies": [f"{translate(locale, sentence.body, values)}\n{address}\n" for locale in LOCALES],
        "call_locales": [locale for locale, _key, _name in calls],
        "call_networks": [key for _locale, key, _name in calls],
        "call_names": [name for _locale, _key, name in calls],
    }
    stamp = str(uuid7())[:15]
    facts |= {"deliveries": array(delivery_ids), "now": now, "kind": KIND, "url": URL, "title": title}
    session.execute(_TELL, facts | {"places": places, "stamp": stamp})
