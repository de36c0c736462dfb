"""Link previews: asked once, fetched by a worker from a real server, and failing in words."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from sqlalchemy import select

from app.clock import now
from app.editorial import previews
from app.editorial.media_models import LinkPreview, Media
from app.networks.http import Rules
from tests import rows
from tests.editorial import builders

PAGES = {
    "/good": (200, "text/html", b"<meta property='og:title' content='Cold &lt;b&gt; seals'><meta property='og:image' content='/pic.jpg'>"),
    "/plain": (200, "text/html; charset=utf-8", "<title>Über Dichtungen</title>".encode()),
    "/liar": (200, "text/html", b"<title>Liar</title><meta property='og:image' content='/lie.jpg'>"),
    "/lie.jpg": (200, "image/jpeg", b"not a picture at all"),
    "/pic.jpg": (200, "image/jpeg", builders.picture()),
    "/file": (200, "application/pdf", b"%PDF"),
    "/gone": (404, "text/html", b"gone"),
}


class Site(BaseHTTPRequestHandler):
    """A small web site."""

    def do_GET(self) -> None:
        """Answer from PAGES, or with a redirect to a private address."""
        if self.path == "/inside":
            self.send_response(302)
            self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        status, mime, body = PAGES.get(self.path, (404, "text/html", b""))
        self.send_response(status)
        self.send_header("Content-Type", mime)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of a running site."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"localhost:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def fetched(db: Any, url: str, rules: Rules) -> LinkPreview:
    """The preview of an address after a worker was there."""
    db.add(LinkPreview(url=url, asked_by_id=rows.edda().id))
    db.commit()
    assert previews.fetch_due(rules) == 1
    found: LinkPreview = db.scalars(select(LinkPreview)).one()
    return found


def trusting(site: str) -> Rules:
    """Rules under which the site may be reached over http."""
    return Rules(user_agent="test", allowed_private_hosts=frozenset({site}))


def test_title_and_picture_are_fetched(committed: Any, site: str) -> None:
    preview = fetched(committed, f"http://{site}/good", trusting(site))
    media = committed.get(Media, preview.media_id)
    assert (preview.state, preview.title, preview.problem) == ("ready", "Cold <b> seals", None)
    assert (media.width, media.height, media.owner_id) == (40, 30, preview.asked_by_id)


@pytest.mark.parametrize(("path", "title"), [("/plain", "Über Dichtungen"), ("/liar", "Liar")])
def test_a_page_without_a_usable_picture_has_a_title_all_the_same(committed: Any, site: str, path: str, title: str) -> None:
    preview = fetched(committed, f"http://{site}{path}", trusting(site))
    assert (preview.state, preview.title, preview.media_id) == ("ready", title, None)


@pytest.mark.parametrize(
    ("path", "problem"), [("/file", "not_html"), ("/gone", "page_status"), ("/inside", "scheme_refused"), ("/nowhere", "page_status")]
)
def test_what_cannot_be_read_says_why(committed: Any, site: str, path: str, problem: str) -> None:
    preview = fetched(committed, f"http://{site}{path}", trusting(site))
    assert (preview.state, preview.problem) == ("failed", problem)


@pytest.mark.parametrize(
    ("url", "problem"),
    [("https://127.0.0.1/", "address_refused"), ("https://[::1]/", "address_refused"), ("http://127.0.0.1:1/", "scheme_refused")],
)
def test_private_addresses_are_refused(committed: Any, app: Any, url: str, problem: str) -> None:
    preview = fetched(committed, url, Rules(user_agent="test"))
    assert (preview.state, preview.problem) == ("failed", problem)
    with app.test_request_context():
        assert "You can write a title yourself" in str(previews.reason(preview.problem))


def test_what_another_worker_holds_is_left_to_it(committed: Any, site: str) -> None:
    committed.add(LinkPreview(url=f"http://{site}/good", due_at=now() + timedelta(seconds=60)))
    committed.commit()
    assert previews.fetch_due(trusting(site)) == 0


def test_an_address_is_asked_for_once_and_again_when_it_is_old(db: Any) -> None:
    edda, emma = rows.edda(), rows.person("Emma", "expert")
    first = previews.ask("example.com/page", by=edda.id)
    again = previews.ask("https://example.com/page", by=emma.id)
    assert first is not None
    assert first is again
    assert previews.find("https://example.com/page") is first
    first.state, first.fetched_at = "ready", now() - timedelta(days=1)
    assert previews.ask("https://example.com/page", by=edda.id).state == "ready"  # type: ignore[union-attr]
    first.fetched_at = now() - timedelta(days=8)
    assert previews.ask("https://example.com/page", by=edda.id).state == "queued"  # type: ignore[union-attr]


@pytest.mark.parametrize("url", ["", "javascript:alert(1)", "https://user:pw@example.com", "half"])
def test_what_is_no_address_is_not_asked_for(db: Any, url: str) -> None:
    assert previews.ask(url, by=rows.edda().id) is None
    assert previews.find(url) is None
    assert db.scalars(select(LinkPreview)).all() == []
