"""The quick redirect says what the view says, asks nobody twice, and leads only to what stands in our table."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine
from werkzeug.test import Client

from app.db import session, transaction
from app.editorial import posts
from app.sharing import link_views, redirects
from app.sharing.models import ShortLink
from app.sharing.redirects import Kept, Redirects
from tests import rows
from tests.sharing import builders, linked
from tests.sharing.linked import PERSON
from tests.sharing.outage import doorway
from tests.sharing.test_link_views import BOTS

pytestmark = pytest.mark.usefixtures("committed")
WHO = {"User-Agent": PERSON}
HOSTILE = [
    "x",
    "",
    "-",
    "a" * 33,
    "a" * 60_000,
    "unknown000/",
    "unknown000/more",
    "../sign-in",
    "https:evil.example",
    "//evil.example/abcdefgh",
    "%00abcdefghi",
    "abcdefgh%0d%0aSet-Cookie:%20a=b",
    "abcdefgh%0aLocation:%20https://evil.example",
    quote("ünknown000"),
    quote("１２３４５６７８"),
    "%ff%fe%fd%fc%fb%fa%f9%f8",
    "'; DROP TABLE short_links; --",
]
NOWHERE = ["javascript:alert(1)", "//evil.example/", "data:text/html,hi", "https://a.example/\r\nSet-Cookie: a=b", "file:///etc/passwd", ""]


@pytest.fixture
def front(app: Flask) -> Iterator[Redirects]:
    made = link_views.ahead(app)
    yield made
    made.close()


@pytest.fixture
def quick(front: Redirects) -> Client:
    return Client(front)


@pytest.fixture
def code() -> str:
    return linked.links(1)[0]


def counted(front: Redirects, code: str) -> int:
    front.clicks.close()
    return linked.clicks(code)[0]


def test_it_says_what_the_view_says(quick: Client, client: FlaskClient, code: str) -> None:
    """Status, body and every header, for a link and for none, in both languages."""
    for path in (code, "unknown000", "x"):
        for language in ("en", "de-AT,de;q=0.9"):
            headers = {**WHO, "Accept-Language": language}
            ours, theirs = quick.get(f"/s/{path}", headers=headers), client.get(f"/s/{path}", headers=headers)
            assert (ours.status, sorted(ours.headers), ours.data) == (theirs.status, sorted(theirs.headers), theirs.data)
    assert ours.status_code == 404
    assert "Diesen Link gibt es nicht" in ours.text or ours.text != quick.get("/s/x", headers={"Accept-Language": "en"}).text


def test_a_click(front: Redirects, quick: Client, code: str) -> None:
    """302, counted, no cookie."""
    for _ in range(3):
        answer = quick.get(f"/s/{code}", headers=WHO)
        assert (answer.status_code, answer.headers["Location"], answer.data) == (302, builders.TARGET, b"")
        assert "Set-Cookie" not in answer.headers
    assert counted(front, code) == 3


@pytest.mark.parametrize("agent", BOTS)
def test_programs_do_not_count(front: Redirects, quick: Client, code: str, agent: str) -> None:
    assert quick.get(f"/s/{code}", headers={"User-Agent": agent}).status_code == 302
    assert counted(front, code) == 0


def test_looking_ahead_does_not_count(front: Redirects, quick: Client, code: str) -> None:
    """HEAD, and a browser that fetches before somebody clicks."""
    assert quick.head(f"/s/{code}", headers=WHO).status_code == 302
    quick.get(f"/s/{code}", headers=WHO | {"Sec-Purpose": "prefetch;prerender"})
    quick.get(f"/s/{code}", headers=WHO | {"Purpose": "prefetch"})
    assert counted(front, code) == 0


@pytest.mark.parametrize("path", HOSTILE)
def test_hostile_paths(quick: Client, code: str, path: str) -> None:
    """The page that says so, nothing else, and no question to the database."""
    with builders.statements() as said:
        answer = quick.get(f"/s/{path}?url=https://evil.example", headers=WHO)
    assert (answer.status_code, said) == (404, [])
    assert {"Location", "Set-Cookie"} & set(answer.headers.keys()) == set()


@pytest.mark.parametrize("target", NOWHERE)
def test_only_web_addresses(quick: Client, client: FlaskClient, target: str) -> None:
    """However it came into the table."""
    [code] = linked.links(1, target)
    for browser in (quick, client):
        answer = browser.get(f"/s/{code}", headers=WHO)
        assert (answer.status_code, answer.headers.get("Location")) == (404, None)


def test_an_address_in_other_letters(quick: Client, client: FlaskClient) -> None:
    """As a header may carry it, and as the view writes it."""
    [code] = linked.links(1, "https://exämple.com/kälte dichtung?ö=ü#ß")
    ours, theirs = (browser.get(f"/s/{code}", headers=WHO).headers["Location"] for browser in (quick, client))
    assert ours == theirs
    assert ours.isascii()


def test_unknown_codes_cost_no_write(quick: Client, code: str) -> None:
    """One question by key; the second time within a second not even that."""
    quick.get("/s/x")
    with builders.statements() as said:
        for _ in range(2):
            assert quick.get("/s/unknown000", headers=WHO).status_code == 404
    assert [one.split()[0] for one in said] == ["SELECT"]


def test_the_usual_redirect_asks_nobody(quick: Client, code: str) -> None:
    quick.get(f"/s/{code}", headers=WHO)
    with builders.statements() as said:
        quick.get(f"/s/{code}", headers={"User-Agent": "curl/8"})
    assert said == []


def test_a_preview_before_the_share(quick: Client) -> None:
    """Somebody tries the link in their draft: once it exists it works."""
    assert quick.get("/s/draft12345", headers=WHO).status_code == 404
    linked.links(1, code="draft12345")
    builders.eventually(lambda: quick.get("/s/draft12345", headers=WHO).status_code == 302)


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was kept is too old at once."""
    monkeypatch.setattr(redirects, "LINK_SECONDS", 0.0)


@pytest.mark.usefixtures("forgetful")
def test_a_link_that_is_gone(quick: Client, code: str) -> None:
    """It leads nowhere as soon as what was kept is too old."""
    assert quick.get(f"/s/{code}").status_code == 302
    with transaction():
        session.delete(session.get_one(ShortLink, code))
    assert quick.get(f"/s/{code}").status_code == 404


def test_what_is_out_there_works_on(quick: Client) -> None:
    """The post is withdrawn and the share removed, but others have passed the link on."""
    with transaction():
        emil, post = rows.emil(), builders.post()
        row = builders.delivery(builders.share(emil, post, builders.plain_account(emil)))
        builders.force(row, "removed")
        posts.withdraw(post, rows.ravi(), reason="Out of date")
        assert row.link
        code = row.link.code
    assert quick.get(f"/s/{code}", headers=WHO).headers["Location"] == builders.TARGET


def test_whoever_brings_a_cookie_gets_their_language(quick: Client, client: FlaskClient) -> None:
    """Chosen on this device: the framework knows."""
    with client.session_transaction() as kept:
        kept["locale"] = "de"
    cookie = client.get_cookie("outspoken")
    assert cookie
    assert '<html lang="en"' in quick.get("/s/x").text
    quick.set_cookie("outspoken", cookie.value)
    assert '<html lang="de"' in quick.get("/s/x").text


def test_the_rest_is_handed_on(quick: Client, code: str) -> None:
    """Other addresses, and other methods, are the framework's."""
    assert quick.get("/livez").status_code == 200
    assert quick.get("/shares").status_code == 302
    assert quick.post(f"/s/{code}").status_code in (400, 405)
    assert quick.get(f"/x/s/{code}").status_code == 404


@pytest.mark.usefixtures("forgetful")
def test_the_database_is_away(app: Flask, engine: Engine, code: str) -> None:
    """What was known works on, though it is old; what was not known gets the page that says it is our fault; then all is well again."""
    [other] = linked.links(1)
    with doorway(engine) as door:
        front = link_views.ahead(app)
        quick = Client(front)
        assert quick.get(f"/s/{code}", headers=WHO).status_code == 302
        door.shut()
        assert [quick.get(f"/s/{one}", headers=WHO).status_code for one in (code, other, "x")] == [302, 500, 404]
        door.open()
        assert [quick.get(f"/s/{one}", headers=WHO).status_code for one in (code, other, "unknown000")] == [302, 302, 404]
        front.close()
    assert linked.clicks(code, other) == [3, 1]


def test_what_is_kept_is_bounded() -> None:
    """However many are put in; what is asked for again and again stays."""
    kept: Kept[str] = Kept(100, 60)
    kept.put("popular", "here")
    for number in range(10_000):
        kept.put(str(number), "there")
        assert kept.get("popular")
        assert len(kept) <= 100
    assert kept.get("1") is None


def test_guessing_drives_nothing_out(quick: Client, code: str) -> None:
    """Unknown codes are kept apart from the links."""
    quick.get(f"/s/{code}")
    for number in range(300):
        quick.get(f"/s/guess{number:05}")
    with builders.statements() as said:
        assert quick.get(f"/s/{code}").status_code == 302
    assert said == []
