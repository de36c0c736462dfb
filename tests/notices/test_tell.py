"""Telling people, and the page on which they read it."""

import re
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import String, cast, delete, event, func, select

from app import db as database
from app.clock import now
from app.errors import Missing
from app.notices import unread
from app.notices.models import Mail, Notice
from app.notices.sentences import SENTENCES
from app.notices.tell import tell, tell_all
from app.people.models import User
from tests.people.builders import form, person, sign_in, text

if TYPE_CHECKING:
    from flask.testing import FlaskClient
    from sqlalchemy import Engine
    from sqlalchemy.orm import Session, scoped_session

    Db = scoped_session[Session]

FACTS = {"author": "Edda", "title": "Netze", "reviewer": "Ravi", "network": "Mastodon", "account": "@emil", "company": "Us"}
FACTS |= {"name": "Emil", "by": "Ada", "reason": "The figure is wrong.", "topic": "Pumps", "count": "3", "places": "Mastodon"}


def told(user: User, number: int = 1, **facts: str) -> None:
    for count in range(number):
        tell(user.id, "review_wanted", facts={**FACTS, "title": f"Post {count}", **facts}, url=f"/review/{count}", mail=False)
        database.session.flush()
        time.sleep(0.0015)  # ids carry the millisecond, and the page is in their order
    database.session.commit()


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_every_kind_says_whole_sentences(db: "Db", kind: str) -> None:
    emil = person("Emil")
    tell(emil.id, kind, facts=FACTS, url="/somewhere")
    db.flush()
    notice = db.scalars(select(Notice)).one()
    title = unread.title(notice, "en")
    assert re.fullmatch(r"[^%]+[.?]", title)
    mails = db.scalars(select(Mail)).all()
    assert len(mails) == bool(SENTENCES[kind].body)
    for mail in mails:
        assert "%" not in mail.subject + mail.body
        assert mail.to == "emil@outspoken.example"
        assert re.search(r":\nhttp://localhost/somewhere\n$", mail.body)


def test_mail_is_left_out_when_not_wanted_and_for_who_has_not_come_in_yet(db: "Db") -> None:
    emil, zoe = person("Emil"), person("Zoe", invited=True)
    tell(emil.id, "review_wanted", facts=FACTS, url="/", mail=False)
    tell(zoe.id, "review_wanted", facts=FACTS, url="/")
    db.flush()
    assert db.scalar(select(func.count()).select_from(Notice)) == 2
    assert db.scalar(select(func.count()).select_from(Mail)) == 0


def test_who_is_switched_off_is_told_nothing(db: "Db") -> None:
    old = person("Old", deactivated_at=now())
    emil = person("Emil")
    tell(old.id, "review_wanted", facts=FACTS, url="/")
    assert tell_all([old.id, emil.id, emil.id, uuid.uuid4()], "review_wanted", facts=FACTS, url="/") == 1
    db.flush()
    assert db.scalars(select(Notice.user_id)).all() == [emil.id]
    assert db.scalars(select(Mail.user_id)).all() == [emil.id]


def test_many_are_told_what_each_would_have_been_told(db: "Db") -> None:
    """The same notices and mails, each in its receiver's language; who has not come in yet gets no mail."""
    people = [person("Emil", locale="de"), person("Ravi"), person("Zoe", invited=True)]
    for one in people:
        tell(one.id, "review_wanted", facts=FACTS, url="/review/1")
    db.flush()
    alone = _told(db)
    db.execute(delete(Notice))
    db.execute(delete(Mail))
    assert tell_all([one.id for one in people], "review_wanted", facts=FACTS, url="/review/1") == 3
    assert _told(db) == alone
    assert ([len(rows) for rows in alone], len({subject for _to, subject, _body in alone[1]})) == ([3, 2], 2)


def test_more_than_a_statement_has_room_for_numbers(db: "Db") -> None:
    """A large company: PostgreSQL takes 65,535 values beside a statement."""
    assert tell_all([person("Emil").id, *(uuid.uuid4() for _ in range(70_000))], "review_wanted", facts=FACTS, url="/") == 1


def _told(db: "Db") -> list[list[tuple[object, ...]]]:
    notices = select(Notice.user_id, Notice.kind, cast(Notice.facts, String), Notice.url).order_by(Notice.user_id)
    mails = select(Mail.to, Mail.subject, Mail.body).order_by(Mail.to)
    return [[tuple(row) for row in db.execute(question)] for question in (notices, mails)]


def test_mistakes_of_the_caller_are_loud(db: "Db") -> None:
    emil = person("Emil")
    with pytest.raises(KeyError):
        tell(emil.id, "review_wanted", facts={"author": "Edda"}, url="/")
    with pytest.raises(KeyError):
        tell(emil.id, "no such kind", facts=FACTS, url="/")
    with pytest.raises(Missing):
        tell(uuid.uuid4(), "review_wanted", facts=FACTS, url="/")


def test_notices_are_counted_shown_opened_and_read(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    sign_in(client, emil)
    assert "Nothing new" in client.get("/notices").text
    told(emil, 3, author="<script>alert(1)</script>")
    page = client.get("/notices")
    assert "3 new" in text(page)
    assert text(page).index("Post 2") < text(page).index("Post 0")
    assert "<script>alert" not in page.text
    first = db.scalars(select(Notice).order_by(Notice.id)).first()
    assert first is not None
    answer = form(client, "/notices", f"/notices/{first.id}/open")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/review/0")
    assert unread.count(emil.id) == 2
    newest = db.scalars(select(Notice.id).order_by(Notice.id.desc())).first()
    told(emil)
    form(client, "/notices", "/notices/read", until=str(newest))
    assert unread.count(emil.id) == 1
    form(client, "/notices", "/notices/read", until="no id")
    assert unread.count(emil.id) == 1


def test_nobody_reads_somebody_elses_notices(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    told(emil, 2)
    sign_in(client, person("Ada"))
    foreign = db.scalars(select(Notice.id).order_by(Notice.id.desc())).first()
    assert "Post" not in client.get("/notices").text
    assert "Post" not in client.get(f"/notices?before={uuid.UUID(int=2**128 - 1)}").text
    assert form(client, "/notices", f"/notices/{foreign}/open").status_code == 404
    form(client, "/notices", "/notices/read", until=str(foreign))
    assert unread.count(emil.id) == 2


def test_many_notices_are_paged_and_counting_stops_at_99(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    told(emil, 150)
    sign_in(client, emil)
    seen, path = [], "/notices"
    while path:
        page = client.get(path).text
        seen += re.findall(r"Post (\d+)”", page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older[1] if older else ""
    assert seen == [str(number) for number in range(149, -1, -1)]
    assert unread.count(emil.id) == 99


def test_a_kind_or_a_fact_that_is_gone_breaks_no_page(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    db.add_all(Notice(user_id=emil.id, kind=kind, facts={}, url="//evil.example") for kind in ("from_the_future", "review_wanted"))
    db.commit()
    sign_in(client, emil)
    page = client.get("/notices")
    assert text(page).count("There is news for you.") == 2
    first = db.scalars(select(Notice.id)).first()
    assert form(client, "/notices", f"/notices/{first}/open").headers["Location"] == "/"


def test_pieces_of_pages_do_not_count_notices(client: "FlaskClient", db: "Db", engine: "Engine") -> None:
    sign_in(client, person("Ada"))
    statements: list[str] = []
    listen = lambda *given: statements.append(given[2])  # noqa: E731
    event.listen(engine, "before_cursor_execute", listen)
    client.get("/admin/people", headers={"HX-Request": "true"})
    for_piece = [one for one in statements if "notices" in one]
    client.get("/admin/people")
    for_page = [one for one in statements if "notices" in one]
    event.remove(engine, "before_cursor_execute", listen)
    assert (len(for_piece), len(for_page)) == (0, 1)


def test_times_are_shown_in_words(client: "FlaskClient", db: "Db") -> None:
    emil = person("Emil")
    told(emil)
    db.scalars(select(Notice)).one().created_at = now() - timedelta(hours=3)
    db.commit()
    sign_in(client, emil)
    assert "3 hours ago" in text(client.get("/notices"))
