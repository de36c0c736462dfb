"""Link previews, of friendly pages and of hostile ones."""

import socket
import time

import pytest

from app.networks.base import NetworkFault
from app.networks.http import Rules
from app.networks.pages import PAGE_BYTES, Page, fetch_image, fetch_page
from app.networks.preview import fetch_preview, read_preview
from tests.networks.wild import answering, endless, redirecting, wild_server

HTML = "200 OK\r\nContent-Type: text/html; charset=utf-8"
PAGE = """<!doctype html><html><head>
<title>Fallback &amp; title</title>
<meta charset="utf-8">
<meta property="og:title" content="Größer &gt; schneller
 als je">
<meta name='description' content='plain'>
<meta property='og:description' content='What it says &quot;here&quot;'>
<meta content="/pictures/card.png?a=1&amp;b=2" property="og:image">
</head><body><meta property="og:title" content="too late"></body>"""


def rules_for(*hosts: str, seconds: float = 5) -> Rules:
    return Rules("Outspoken/test", frozenset(hosts), connect_seconds=5, read_seconds=seconds)


def refused(url: str, *hosts: str) -> str:
    with pytest.raises(NetworkFault) as caught:
        fetch_page(url, rules_for(*hosts, seconds=1))
    return caught.value.code


def test_a_card_from_a_page() -> None:
    with wild_server(answering(HTML, PAGE.encode())) as server:
        card = fetch_preview(f"{server.url}/report", rules_for(server.host))
    assert card.title == "Größer > schneller als je"
    assert card.description == 'What it says "here"'
    assert card.image_url == f"{server.url}/pictures/card.png?a=1&b=2"


def test_title_element_and_meta_description_are_enough() -> None:
    card = read_preview(Page("https://a.example/", "<title>A</title><meta name=description content=B>"))
    assert (card.title, card.description, card.image_url) == ("A", "B", "")


def test_long_and_hostile_words_are_cut_and_cleaned() -> None:
    evil = f'<meta property="og:title" content="\u202ea\x00 &#0; {"word " * 200}">'
    evil += '<meta property="og:image" content="javascript:alert(1)">'
    card = read_preview(Page("https://a.example/", evil))
    assert len(card.title) <= 200
    assert card.title.startswith("a")
    assert card.title.endswith("word…")
    assert card.image_url == ""
    assert read_preview(Page("https://a.example/", '<meta property="og:image" content="https://[::1/x">')).image_url == ""


@pytest.mark.parametrize("piece", ["<meta ", "<meta a='", "<meta \"<meta'", "<!--", "<a ", "<title ", "<title>", "<", "&#", '<meta x="">'])
def test_no_page_takes_long_to_read(piece: str) -> None:
    page = Page("https://a.example/", piece * (PAGE_BYTES // len(piece)))
    began = time.process_time()
    read_preview(page)
    assert time.process_time() - began < 1


def test_private_addresses_and_redirects_to_them() -> None:
    assert refused("http://127.0.0.1/") == "scheme_refused"
    assert refused("https://127.0.0.1/") == "address_refused"
    assert refused("https://localhost/") == "address_refused"
    assert refused("https://[::1]/") == "address_refused"
    assert refused("file:///etc/passwd") in {"bad_address", "scheme_refused"}
    assert refused("gopher://127.0.0.1/") in {"bad_address", "scheme_refused"}
    assert refused("https://") == "bad_address"
    for target in ("https://10.0.0.1/", "http://127.0.0.1:1/", "https://[::ffff:10.0.0.1]/"):
        with wild_server(redirecting(target)) as server:
            assert refused(server.url, server.host) in {"address_refused", "scheme_refused"}


def test_not_html_and_not_there() -> None:
    with wild_server(answering("200 OK\r\nContent-Type: application/pdf", b"%PDF")) as server:
        assert refused(server.url, server.host) == "not_html"
    with wild_server(answering("404 Not Found\r\nContent-Type: text/html")) as server:
        assert refused(server.url, server.host) == "page_status"


def test_a_huge_page_is_read_to_the_cap() -> None:
    with wild_server(endless(HTML, b"<title>Big</title>" + b"x" * 5000)) as server:
        page = fetch_page(server.url, rules_for(server.host))
    assert len(page.text) == PAGE_BYTES
    assert read_preview(page).title == "Big"


def test_a_page_that_never_ends_is_left() -> None:
    def trickle(connection: socket.socket, request: bytes) -> None:
        connection.sendall(f"HTTP/1.1 {HTML}\r\n\r\n".encode())
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    with wild_server(trickle) as server:
        began = time.monotonic()
        assert refused(server.url, server.host) == "timeout"
        assert time.monotonic() - began < 3


def test_character_sets() -> None:
    for head, body in [
        ("text/html; charset=iso-8859-1", "<title>Grün</title>".encode("latin-1")),
        ("text/html", '<meta charset="windows-1252"><title>Grün</title>'.encode("cp1252")),
        ("text/html; charset=hex", "<title>Grün</title>".encode()),
        ("text/html; charset=no-such", "<title>Grün</title>".encode()),
    ]:
        with wild_server(answering(f"200 OK\r\nContent-Type: {head}", body)) as server:
            assert fetch_preview(server.url, rules_for(server.host)).title == "Grün"


def test_pictures() -> None:
    with wild_server(answering("200 OK\r\nContent-Type: image/png", b"\x89PNG")) as server:
        picture = fetch_image(server.url, rules_for(server.host))
        assert (picture.mime, picture.data) == ("image/png", b"\x89PNG")
        with pytest.raises(NetworkFault, match="answer_too_large"):
            fetch_image(server.url, rules_for(server.host), max_bytes=3)


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml"])
def test_what_is_no_picture(kind: str) -> None:
    served = answering(f"200 OK\r\nContent-Type: {kind}", b"<svg/>")
    with wild_server(served) as server, pytest.raises(NetworkFault, match="not_an_image"):
        fetch_image(server.url, rules_for(server.host))
