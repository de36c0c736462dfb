"""What a server says about its limits, and whom it means by it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.networks import mastodon_words
from app.networks.base import Account, Draft, Image, NetworkFault, Payload, Prepared, RateLimited
from app.networks.mastodon import Mastodon
from tests.networks.stub import Request, Stub

PICTURE = Image(b"\x89PNG...", "image/png", "A bar chart", 640, 480)
OWN_WORDS = {"X-RateLimit-Limit": "300", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2100-01-01T00:00:00.000Z"}


@pytest.fixture
def payload(mastodon: Mastodon, account: Account, draft: Draft) -> Payload:
    return mastodon.render(draft, account)


def told(stub: Stub, mastodon: Mastodon, account: Account, payload: Payload, headers: Mapping[str, str]) -> RateLimited:
    stub.fail("POST", "/api/v1/statuses", status=429, headers=headers)
    with pytest.raises(RateLimited) as caught:
        mastodon.publish(account, payload, Prepared())
    return caught.value


@pytest.mark.parametrize(
    ("headers", "scope", "said"),
    [
        (OWN_WORDS, "user", True),
        ({**OWN_WORDS, "Retry-After": "30"}, "user", True),
        ({"X-RateLimit-Remaining": "0"}, "user", False),
        ({}, "instance", False),
        ({"Retry-After": "30"}, "instance", True),
        ({"Retry-After": "soon"}, "instance", False),
        ({**OWN_WORDS, "X-RateLimit-Remaining": "17"}, "instance", False),
        ({**OWN_WORDS, "X-RateLimit-Remaining": "17", "Retry-After": "30"}, "instance", True),
    ],
)
def test_whom_a_429_means(
    stub: Stub, mastodon: Mastodon, account: Account, payload: Payload, headers: dict[str, str], scope: str, said: bool
) -> None:
    """The account where the server speaks as Mastodon does; everybody where something before the server refuses addresses."""
    fault = told(stub, mastodon, account, payload, headers)
    assert (fault.scope, fault.said) == (scope, said)


def test_a_reset_while_something_is_left_is_of_another_limit(stub: Stub, mastodon: Mastodon, account: Account, payload: Payload) -> None:
    fault = told(stub, mastodon, account, payload, {**OWN_WORDS, "X-RateLimit-Remaining": "17"})
    assert fault.until - datetime.now(UTC) < timedelta(minutes=6)


def test_an_upload_has_a_limit_of_its_own(stub: Stub, mastodon: Mastodon, account: Account, draft: Draft) -> None:
    payload = mastodon.render(replace(draft, images=(PICTURE,)), account)
    stub.fail("POST", "/api/v2/media", status=429, headers=OWN_WORDS)
    with pytest.raises(RateLimited) as caught:
        mastodon.prepare(account, payload, [PICTURE])
    assert caught.value.scope == "uploads"


def test_asking_after_an_upload_is_a_call_like_any_other(
    stub: Stub, mastodon: Mastodon, account: Account, draft: Draft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.networks.mastodon_posts.MEDIA_POLLS", (0.0,))
    stub.media_polls = 1
    payload = mastodon.render(replace(draft, images=(PICTURE,)), account)
    stub.fail("GET", "/api/v1/media", status=429, headers=OWN_WORDS)
    with pytest.raises(RateLimited) as caught:
        mastodon.prepare(account, payload, [PICTURE])
    assert caught.value.scope == "user"


def test_who_has_no_token_is_counted_by_address(stub: Stub, mastodon: Mastodon) -> None:
    stub.fail("POST", "/api/v1/apps", status=429, headers=OWN_WORDS)
    with pytest.raises(NetworkFault) as caught:
        mastodon.register_app(stub.host, "https://outspoken.example/back")
    assert isinstance(caught.value, RateLimited)
    assert caught.value.scope == "instance"


@pytest.mark.parametrize(
    ("headers", "left"),
    [
        ({"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "2100-01-01T00:00:00.000Z"}, 12),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "3999999999"}, 0),
        ({"X-RateLimit-Remaining": "0"}, None),
        ({"X-RateLimit-Remaining": "-3", "X-RateLimit-Reset": "2100-01-01T00:00:00.000Z"}, None),
        ({"X-RateLimit-Remaining": "many", "X-RateLimit-Reset": "2100-01-01T00:00:00.000Z"}, None),
        ({}, None),
    ],
)
def test_what_is_left_after_a_post(
    stub: Stub, mastodon: Mastodon, account: Account, payload: Payload, headers: dict[str, str], left: int | None
) -> None:
    def create(request: Request) -> tuple[int, object, dict[str, str]]:
        return 200, stub.post(str(request.json()["status"])), headers

    stub.pages["/api/v1/statuses"] = create
    budget = mastodon.publish(account, payload, Prepared()).budget
    assert (budget.left if budget else None) == left
    if budget:
        assert budget.scope == "user"
        assert budget.resets_at <= datetime.now(UTC) + mastodon_words.LONGEST_WAIT


def test_what_mastodon_allows_is_declared(mastodon: Mastodon) -> None:
    """300 calls in five minutes by account and by address, 300 posts in three hours, 30 uploads in half an hour."""
    rates = mastodon.rates("social.example")
    assert {(rate.limit, rate.seconds, rate.of) for rate in rates.account} == {(300, 300, "calls"), (300, 10_800, "posts")}
    assert {(rate.limit, rate.seconds, rate.of) for rate in (*rates.instance, *rates.uploads)} == {
        (300, 300, "calls"),
        (30, 1800, "uploads"),
    }
