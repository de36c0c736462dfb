"""Servers differ: their names, their limits, their software."""

from dataclasses import replace
from typing import Any

import pytest

from app.networks.base import Account, Permanent, Rate, Retryable
from app.networks.mastodon import Mastodon
from app.networks.mastodon_servers import DEFAULTS, normalise
from app.networks.practice import Practice
from app.networks.registry import build
from config import Settings
from tests.networks.stub import Stub

NOT_FOUND = (404, b"<html>no", {"Content-Type": "text/html"})


@pytest.mark.parametrize(
    ("typed", "host"),
    [
        ("social.example", "social.example"),
        (" Social.Example. ", "social.example"),
        ("@emil@social.example", "social.example"),
        ("emil@social.example", "social.example"),
        ("https://social.example/@emil", "social.example"),
        ("HTTP://Social.Example/web/home", "social.example"),
        ("social.example/@emil", "social.example"),
        ("tröt.example", "xn--trt-tna.example"),
        ("127.0.0.1:8123", "127.0.0.1:8123"),
        ("http://127.0.0.1:8123/about", "127.0.0.1:8123"),
    ],
)
def test_what_people_type(typed: str, host: str) -> None:
    assert normalise(typed, frozenset({"127.0.0.1:8123"})) == host


@pytest.mark.parametrize(
    "typed",
    ["", "@", "emil", "localhost", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "https://[::1", "social.example:8443",
     "a b.example", "https://u:p@social.example/", "ftp://social.example", "-a.example", "a..example", f"{'a' * 64}.example",
     "127.0.0.1:8124", "1.2.3.4.", "social.example\u0000", "social。example:80"],
)  # fmt: skip
def test_what_is_no_server(typed: str) -> None:
    with pytest.raises(Permanent, match="bad_server"):
        normalise(typed, frozenset({"127.0.0.1:8123"}))


def test_limits_are_read_from_the_server(mastodon: Mastodon, account: Account) -> None:
    limits = mastodon.limits(account)
    assert (limits.text_max, limits.url_cost, limits.max_images, limits.image_max_bytes) == (600, 23, 4, 1000)
    assert limits.image_types == ("image/png",)
    assert limits.source == "fetched"


def instance(text_max: int, url_cost: int, images: int = 4) -> dict[str, Any]:
    statuses = {"max_characters": text_max, "characters_reserved_per_url": url_cost, "max_media_attachments": images}
    return {"version": "x", "configuration": {"statuses": statuses}}


@pytest.mark.parametrize(("name", "text_max", "url_cost", "kept"), [("gotosocial", 5000, 25, 4750), ("hollo", 10_000, 256, 9500)])
def test_other_software_is_given_a_margin(
    mastodon: Mastodon, account: Account, stub: Stub, name: str, text_max: int, url_cost: int, kept: int
) -> None:
    stub.pages["/nodeinfo/2.0"] = lambda _: (200, {"software": {"name": name}}, {})
    stub.pages["/api/v2/instance"] = lambda _: (200, instance(text_max, url_cost), {})
    limits = mastodon.limits(account)
    assert (limits.text_max, limits.url_cost) == (kept, url_cost)


def test_older_servers_answer_on_version_one(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    stub.pages["/api/v2/instance"] = lambda _: NOT_FOUND
    stub.pages["/api/v1/instance"] = lambda _: (200, instance(1000, 23, 0), {})
    limits = mastodon.limits(account)
    assert (limits.text_max, limits.max_images) == (1000, 0)
    stub.pages["/api/v1/instance"] = lambda _: (200, {"max_toot_chars": 2000}, {})
    assert mastodon.limits(account).text_max == 2000


def test_a_server_that_says_nothing_has_the_usual_limits_with_a_margin(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    for path in ("/api/v2/instance", "/api/v1/instance", "/.well-known/nodeinfo"):
        stub.pages[path] = lambda _: NOT_FOUND
    limits = mastodon.limits(account)
    assert replace(limits, fetched_at=None) == replace(DEFAULTS, text_max=475)
    nonsense = {"configuration": {"statuses": {"max_characters": "many", "max_media_attachments": -1}, "media_attachments": [1]}}
    stub.pages["/api/v2/instance"] = lambda _: (200, nonsense, {})
    assert mastodon.limits(account).text_max == 475


def test_a_server_that_is_down_is_not_a_server_without_limits(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    stub.fail("GET", "/api/v2/instance", status=503)
    with pytest.raises(Retryable):
        mastodon.limits(account)


def test_nodeinfo_elsewhere_is_not_followed(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    stub.pages["/.well-known/nodeinfo"] = lambda _: (200, {"links": [{"href": "https://169.254.169.254/"}, 7]}, {})
    assert mastodon.limits(account).text_max == 570


def test_house_rules(mastodon: Mastodon, stub: Stub) -> None:
    assert mastodon.house_rules(stub.host) == ("Be kind",)
    stub.pages["/api/v1/instance/rules"] = lambda _: NOT_FOUND
    assert mastodon.house_rules(stub.host) == ()


def settings(**given: Any) -> Settings:
    return Settings("postgresql://", "redis://", "redis://", "key", ("key",), **given)


def test_the_registry_offers_practice_only_where_it_is_set_up(stub: Stub) -> None:
    assert list(build(settings(), version="1")) == ["mastodon"]
    networks = build(settings(practice_url=stub.url, base_url="http://localhost:8000"), version="1")
    assert list(networks) == ["mastodon", "practice"]
    practice, mastodon = networks["practice"], networks["mastodon"]
    assert isinstance(practice, Practice)
    assert practice.server_for("anything") == stub.host
    assert practice.server_limits(stub.host).text_max == 600
    assert stub.requests[-1].headers["user-agent"] == "Outspoken/1 (+http://localhost:8000)"
    with pytest.raises(Permanent, match="bad_server"):
        mastodon.server_for(stub.host)
    assert practice.rates().account == (Rate(1500, 300, "calls"),)
    practice.close()
