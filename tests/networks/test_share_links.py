"""Links to the networks' own composers."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.networks.base import Permanent
from app.networks.share_links import KEYS, Share, share_link

LINK = "https://go.example/Ab3dE?x=1&y=2"
SHARE = Share(text=f"Grüße & mehr: 100%\n\n{LINK}", link=LINK, subject="Lies das", server="social.example")


def query(key: str, share: Share = SHARE) -> dict[str, list[str]]:
    return parse_qs(urlsplit(share_link(key, share).url).query, strict_parsing=True)


def test_all_nine() -> None:
    assert KEYS == ("linkedin", "x", "facebook", "whatsapp", "threads", "bluesky", "mastodon", "xing", "email")
    assert [key for key in KEYS if not share_link(key, SHARE).takes_text] == ["linkedin", "facebook", "xing"]


@pytest.mark.parametrize(
    ("key", "start", "expected"),
    [
        ("linkedin", "https://www.linkedin.com/sharing/share-offsite/?", {"url": [LINK]}),
        ("x", "https://x.com/intent/tweet?", {"text": ["Grüße & mehr: 100%"], "url": [LINK]}),
        ("facebook", "https://www.facebook.com/sharer/sharer.php?", {"u": [LINK]}),
        ("whatsapp", "https://api.whatsapp.com/send?", {"text": [SHARE.text]}),
        ("threads", "https://www.threads.net/intent/post?", {"text": ["Grüße & mehr: 100%"], "url": [LINK]}),
        ("bluesky", "https://bsky.app/intent/compose?", {"text": [SHARE.text]}),
        ("mastodon", "https://social.example/share?", {"text": [SHARE.text]}),
    ],
)
def test_the_address(key: str, start: str, expected: dict[str, list[str]]) -> None:
    assert share_link(key, SHARE).url.startswith(start)
    assert query(key) == expected


def test_spaces_are_percent_encoded() -> None:
    assert "+" not in share_link("bluesky", SHARE).url
    assert "%20" in share_link("bluesky", SHARE).url


def test_a_link_that_is_not_in_the_text_is_added() -> None:
    assert query("bluesky", Share("Text", LINK)) == {"text": [f"Text\n\n{LINK}"]}


def test_mail_has_network_line_breaks_and_stays_short() -> None:
    link = share_link("email", SHARE)
    assert link.url == (
        "mailto:?subject=Lies%20das&body=Gr%C3%BC%C3%9Fe%20%26%20mehr%3A%20100%25%0D%0A%0D%0A"
        "https%3A%2F%2Fgo.example%2FAb3dE%3Fx%3D1%26y%3D2"
    )
    long = share_link("email", Share("ü" * 1000, LINK, subject="ü" * 900))
    assert not long.takes_text
    assert len(long.url) <= 2000
    assert parse_qs(urlsplit(long.url).query, errors="strict")["body"] == [LINK]


def test_xing_takes_nothing() -> None:
    link = share_link("xing", SHARE)
    assert (link.url, link.takes_text, link.takes_link) == ("https://www.xing.com/", False, False)


@pytest.mark.parametrize("server", ["", "social.example/evil?", "a@b", "a b", "javascript:alert(1)"])
def test_a_mastodon_server_must_be_a_host(server: str) -> None:
    with pytest.raises(Permanent, match="bad_server"):
        share_link("mastodon", Share("Text", LINK, server=server))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_any_text_survives_the_way(text: str) -> None:
    share = Share(text, LINK, server="social.example")
    assert query("bluesky", share) == {"text": [share.text_and_link.replace("\r\n", "\n")]}
