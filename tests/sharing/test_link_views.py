"""The short links: on to the stored page, counted when it was somebody, and nothing kept of them."""

import pytest
from flask.testing import FlaskClient

from app.db import session
from app.sharing import short_links
from app.sharing.models import ShortLink
from tests import rows
from tests.sharing import builders

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
BOTS = [
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Twitterbot/1.0",
    "Bluesky Cardyb/1.1",
    "Mastodon/4.5.0 (http.rb/5.2.0; +https://mastodon.social/) Bot",
    "WhatsApp/2.24.1 A",
    "Slackbot-LinkExpanding 1.0",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Iframely/1.3.1",
    "curl/8.5.0",
    "python-requests/2.32",
    "Mozilla/5.0 HeadlessChrome/131.0 Safari/537.36",
    "",
]
PEOPLE = [
    PERSON,
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 Mobile/15E148 [LinkedInApp]",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/131.0 Safari/537.36 Edg/131.0",
]


@pytest.fixture
def link(client: FlaskClient) -> str:
    emil = rows.emil()
    made = builders.delivery(builders.share(emil, builders.post(), builders.plain_account(emil)))
    session.commit()
    assert made.link is not None
    return made.link.code


def clicks(link: str) -> int:
    session.expire_all()
    return session.get_one(ShortLink, link).clicks


def test_a_click(client: FlaskClient, link: str) -> None:
    """302 to the stored page, counted, no cookie, and the referrer policy that lets the target see where people came from."""
    answer = client.get(f"/s/{link}", headers={"User-Agent": PERSON})
    assert (answer.status_code, answer.headers["Location"]) == (302, builders.TARGET)
    assert answer.headers["Referrer-Policy"] == "no-referrer-when-downgrade"
    assert "Set-Cookie" not in answer.headers
    assert clicks(link) == 1


def test_every_click_counts(client: FlaskClient, link: str) -> None:
    """One each."""
    for _ in range(3):
        client.get(f"/s/{link}", headers={"User-Agent": PERSON})
    assert clicks(link) == 3


@pytest.mark.parametrize("agent", BOTS)
def test_programs_do_not_count(client: FlaskClient, link: str, agent: str) -> None:
    """They get their redirect, for the card, and that is all."""
    assert client.get(f"/s/{link}", headers={"User-Agent": agent}).status_code == 302
    assert clicks(link) == 0


def test_looking_ahead_does_not_count(client: FlaskClient, link: str) -> None:
    """HEAD, and a browser that fetches before somebody clicks."""
    assert client.head(f"/s/{link}", headers={"User-Agent": PERSON}).status_code == 302
    client.get(f"/s/{link}", headers={"User-Agent": PERSON, "Sec-Purpose": "prefetch;prerender"})
    client.get(f"/s/{link}", headers={"User-Agent": PERSON, "Purpose": "prefetch"})
    assert clicks(link) == 0


@pytest.mark.parametrize("agent", PEOPLE)
def test_people(agent: str) -> None:
    """Browsers of people, in apps and on phones."""
    assert short_links.is_person(method="GET", agent=agent)


@pytest.mark.parametrize("code", ["unknown000", "x", "a" * 33, "%00abcdefghi", "https:evil.example"])
def test_unknown(client: FlaskClient, link: str, code: str) -> None:
    """A page that says so, no cookie, nothing written."""
    answer = client.get(f"/s/{code}?url=https://evil.example", headers={"User-Agent": PERSON})
    assert answer.status_code == 404
    assert "Set-Cookie" not in answer.headers
    assert clicks(link) == 0
