"""Publishing: what is sent, and what every way of failing means. The server counts the posts."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.networks import mastodon_posts
from app.networks.base import (
    Account,
    AccountBlocked,
    Ambiguous,
    Attempt,
    Draft,
    Found,
    Image,
    Limits,
    NetworkFault,
    Payload,
    Permanent,
    Prepared,
    RateLimited,
    Reauth,
    Retryable,
    TokenSet,
)
from app.networks.mastodon import Mastodon
from tests.networks.stub import Stub

PICTURE = Image(b"\x89PNG...", "image/png", "A bar chart that grows", 640, 480)
NO_WAIT = (0.0,) * 4


@pytest.fixture
def payload(mastodon: Mastodon, account: Account, draft: Draft) -> Payload:
    return mastodon.render(draft, account)


def outcome(mastodon: Mastodon, account: Account, payload: Payload, prepared: Prepared | None = None) -> NetworkFault:
    with pytest.raises(NetworkFault) as caught:
        mastodon.publish(account, payload, prepared or Prepared())
    return caught.value


def test_published_with_one_request(mastodon: Mastodon, account: Account, payload: Payload, draft: Draft, stub: Stub) -> None:
    published = mastodon.publish(account, payload, Prepared())
    assert (published.remote_id, published.url) == (stub.posts[0]["id"], stub.posts[0]["url"])
    assert abs(published.at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [request.path for request in stub.requests] == ["/api/v1/statuses"]
    assert stub.requests[0].json() == {"status": draft.text, "visibility": "public", "language": "en"}
    assert stub.requests[0].headers["idempotency-key"] == payload.idempotency_key


def test_the_same_draft_gives_the_same_payload_another_text_another_key(mastodon: Mastodon, account: Account, draft: Draft) -> None:
    payload = mastodon.render(draft, account)
    assert mastodon.render(draft, account) == payload
    assert payload.idempotency_key.startswith(f"{draft.key}:")
    assert mastodon.render(replace(draft, text=draft.text + " !"), account).idempotency_key != payload.idempotency_key
    assert mastodon.render(replace(draft, images=(PICTURE,)), account).idempotency_key != payload.idempotency_key
    assert Payload.from_json(payload.as_json()) == payload


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"text": "a" * 501, "link": ""}, "too_long"),
        ({"text": " \n", "link": ""}, "text_blank"),
        ({"text": "no link"}, "link_missing"),
        ({"text": "https://go.example/Ab3dEf"}, "link_missing"),
        ({"visibility": "everybody"}, "bad_visibility"),
        ({"language": ""}, "bad_language"),
        ({"images": (PICTURE,) * 5}, "too_many_images"),
        ({"images": (replace(PICTURE, mime="image/tiff"),)}, "image_type"),
        ({"images": (replace(PICTURE, alt="a" * 1501),)}, "alt_too_long"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_leaves(
    mastodon: Mastodon, account: Account, draft: Draft, stub: Stub, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(Permanent, match=code):
        mastodon.render(replace(draft, **changes), account)
    assert stub.requests == []


def test_pictures_have_limits_of_bytes_and_pixels(mastodon: Mastodon, account: Account, draft: Draft) -> None:
    assert account.limits is not None
    small = replace(account, limits=replace(account.limits, image_max_bytes=5, image_max_pixels=10))
    with pytest.raises(Permanent, match="image_bytes"):
        mastodon.render(replace(draft, images=(PICTURE,)), small)
    with pytest.raises(Permanent, match="image_pixels"):
        mastodon.render(replace(draft, images=(replace(PICTURE, data=b"1"),)), small)


def test_exactly_at_the_limit_fits(mastodon: Mastodon, account: Account) -> None:
    assert mastodon.render(Draft("key", "a" * 500), account).body["status"] == "a" * 500


SURE = [
    ({"status": 401, "body": b'{"error":"The access token is invalid"}'}, Reauth, "token_invalid"),
    ({"status": 400, "body": b"invalid token", "headers": {"Content-Type": "text/plain"}}, Reauth, "token_invalid"),
    ({"status": 403, "body": b'{"error":"This action is outside the authorized scopes"}'}, Reauth, "scope_missing"),
    ({"status": 403, "body": b'{"error":"Your login is currently disabled"}'}, AccountBlocked, "account_blocked"),
    ({"status": 403, "body": b'{"error":"This action is not allowed"}'}, Permanent, "forbidden"),
    ({"status": 422, "body": b'{"error":"Validation failed: Text character limit of 500 exceeded"}'}, Permanent, "too_long"),
    ({"status": 422, "body": b'{"error":"Validation failed: Text can\'t be blank"}'}, Permanent, "rejected"),
    ({"status": 400, "body": b'{"error":"Bad request"}'}, Permanent, "rejected"),
    ({"status": 413}, Permanent, "too_long"),
    ({"status": 429, "body": b"slow down", "headers": {"Content-Type": "text/plain"}}, RateLimited, "rate_limited"),
    ({"status": 503, "body": b'{"error":"Too many requests"}'}, RateLimited, "rate_limited"),
]
UNSURE = [
    ({"kind": "drop"}, "connection_lost"),
    ({"status": 500}, "server_error"),
    ({"status": 502, "body": b"<html>Bad gateway", "headers": {"Content-Type": "text/html"}}, "server_error"),
    ({"status": 408}, "server_error"),
    ({"status": 200, "body": b"<!DOCTYPE html><html>", "headers": {"Content-Type": "text/html"}}, "bad_answer"),
    ({"status": 200, "body": b"{"}, "bad_answer"),
    ({"status": 200, "body": b"[]"}, "bad_answer"),
    ({"status": 200, "body": b""}, "bad_answer"),
    ({"status": 200, "body": b"{}"}, "no_id"),
    ({"status": 200, "body": b'{"id": "../../admin"}'}, "no_id"),
    ({"status": 404, "body": b"<html>Nothing here", "headers": {"Content-Type": "text/html"}}, "html_answer"),
    ({"status": 301, "headers": {"Location": "https://moved.example/"}}, "redirected"),
    ({"status": 409}, "conflict"),
]


@pytest.mark.parametrize(("failure", "kind", "code"), SURE)
def test_answers_that_prove_that_nothing_was_made(
    mastodon: Mastodon, account: Account, payload: Payload, stub: Stub, failure: dict[str, Any], kind: type[NetworkFault], code: str
) -> None:
    stub.fail("POST", "/api/v1/statuses", **failure)
    fault = outcome(mastodon, account, payload)
    assert (type(fault), fault.code) == (kind, code)
    assert stub.count("POST", "/api/v1/statuses") == 1


@pytest.mark.parametrize("made", [True, False])
@pytest.mark.parametrize(("failure", "code"), UNSURE)
def test_answers_that_prove_nothing_are_ambiguous_and_reconcile_tells(
    mastodon: Mastodon, account: Account, payload: Payload, stub: Stub, failure: dict[str, Any], code: str, made: bool
) -> None:
    began = datetime.now(UTC)
    stub.fail("POST", "/api/v1/statuses", after=made, **failure)
    fault = outcome(mastodon, account, payload)
    assert (type(fault), fault.code) == (Ambiguous, code)
    assert stub.count("POST", "/api/v1/statuses") == 1
    found = mastodon.reconcile(account, Attempt(payload, began))
    assert isinstance(found, Found) is made
    if isinstance(found, Found):
        assert (found.remote_id, len(stub.posts)) == (stub.posts[0]["id"], 1)
    else:
        mastodon.publish(account, payload, Prepared())
        assert len(stub.posts) == 1


def test_a_post_without_id_is_ambiguous(mastodon: Mastodon, account: Account, payload: Payload, stub: Stub) -> None:
    stub.fail("POST", "/api/v1/statuses", kind="no_id", after=True)
    assert type(outcome(mastodon, account, payload)) is Ambiguous
    assert len(stub.posts) == 1


def test_a_slow_drip_is_ambiguous(rules: Any, account: Account, payload: Payload, stub: Stub) -> None:
    mastodon = Mastodon(replace(rules, read_seconds=0.5), client_name="Acme", website="https://outspoken.example")
    stub.fail("POST", "/api/v1/statuses", kind="drip")
    fault = outcome(mastodon, account, payload)
    mastodon.close()
    assert (type(fault), fault.code) == (Ambiguous, "timeout")


def seconds_to(fault: NetworkFault) -> float:
    assert isinstance(fault, RateLimited)
    return (fault.until - datetime.now(UTC)).total_seconds()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 300),
        ({"Retry-After": "30"}, 30),
        ({"X-RateLimit-Reset": "{iso}"}, 120),
        ({"X-RateLimit-Reset": "{zulu}"}, 120),
        ({"X-RateLimit-Reset": "{epoch}"}, 120),
        ({"Retry-After": "{http}"}, 120),
        ({"Retry-After": "soon"}, 300),
        ({"Retry-After": "-5", "X-RateLimit-Reset": "nan"}, 300),
        ({"Retry-After": "99999999"}, 86_400),
        ({"X-RateLimit-Reset": "2001-01-01T00:00:00Z"}, 1),
    ],
)
def test_when_to_come_back_after_429(
    mastodon: Mastodon, account: Account, payload: Payload, stub: Stub, headers: dict[str, str], seconds: int
) -> None:
    then = datetime.now(UTC) + timedelta(seconds=120)
    forms = {"iso": then.isoformat(), "zulu": then.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "epoch": str(int(then.timestamp()))}
    forms["http"] = then.strftime("%a, %d %b %Y %H:%M:%S GMT")
    sent = {name: value.format(**forms) for name, value in headers.items()}
    stub.fail("POST", "/api/v1/statuses", status=429, headers=sent)
    assert seconds_to(outcome(mastodon, account, payload)) == pytest.approx(seconds, abs=3)


def test_a_dead_token_then_a_fresh_one(mastodon: Mastodon, account: Account, payload: Payload, stub: Stub) -> None:
    stale = replace(account, tokens=TokenSet("stale"))
    assert outcome(mastodon, stale, payload).code == "token_invalid"
    mastodon.publish(account, payload, Prepared())
    assert len(stub.posts) == 1


def test_a_repeat_with_the_same_key_is_one_post_where_the_server_keeps_keys(
    mastodon: Mastodon, account: Account, payload: Payload, stub: Stub
) -> None:
    first, second = mastodon.publish(account, payload, Prepared()), mastodon.publish(account, payload, Prepared())
    assert first.remote_id == second.remote_id
    assert len(stub.posts) == 1


@pytest.fixture
def with_picture(mastodon: Mastodon, account: Account, draft: Draft, monkeypatch: pytest.MonkeyPatch) -> Payload:
    monkeypatch.setattr(mastodon_posts, "MEDIA_POLLS", NO_WAIT)
    return mastodon.render(replace(draft, images=(PICTURE,)), account)


@pytest.mark.parametrize("polls", [0, 3])
def test_pictures_go_first_with_their_alt_text(mastodon: Mastodon, account: Account, with_picture: Payload, stub: Stub, polls: int) -> None:
    stub.media_polls = polls
    prepared = mastodon.prepare(account, with_picture, [PICTURE])
    assert stub.posts == []
    assert stub.media["1"]["data"] == PICTURE.data
    assert stub.media["1"]["alt"] == PICTURE.alt.encode()
    assert Prepared.from_json(prepared.as_json()) == prepared
    mastodon.publish(account, with_picture, prepared)
    assert stub.requests[-1].json()["media_ids"] == ["1"]


def test_processing_that_never_ends_is_retryable(mastodon: Mastodon, account: Account, with_picture: Payload, stub: Stub) -> None:
    stub.media_polls = 99
    with pytest.raises(Retryable, match="media_processing"):
        mastodon.prepare(account, with_picture, [PICTURE])


@pytest.mark.parametrize(
    ("failure", "kind"),
    [({"kind": "drop"}, Retryable), ({"status": 500}, Retryable), ({"status": 413}, Permanent), ({"status": 429}, RateLimited)],
)
def test_trouble_while_uploading_is_never_ambiguous(
    mastodon: Mastodon, account: Account, with_picture: Payload, stub: Stub, failure: dict[str, Any], kind: type[NetworkFault]
) -> None:
    stub.fail("POST", "/api/v2/media", **failure)
    with pytest.raises(kind):
        mastodon.prepare(account, with_picture, [PICTURE])


def test_other_pictures_than_those_agreed_on_are_refused(mastodon: Mastodon, account: Account, with_picture: Payload, stub: Stub) -> None:
    with pytest.raises(Permanent, match="images_changed"):
        mastodon.prepare(account, with_picture, [replace(PICTURE, data=b"other")])
    with pytest.raises(Permanent, match="images_changed"):
        mastodon.prepare(account, with_picture, [])
    with pytest.raises(Permanent, match="not_prepared"):
        mastodon.publish(account, with_picture, Prepared())
    assert stub.requests == []


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b'{"error":"Cannot attach files that have not finished processing"}', Retryable, "media_processing"),
        (b'{"error":"Validation failed: Media 1 not found or already attached to another status"}', Ambiguous, "media_taken"),
    ],
)
def test_refusals_that_mean_the_picture(
    mastodon: Mastodon, account: Account, with_picture: Payload, stub: Stub, body: bytes, kind: type[NetworkFault], code: str
) -> None:
    prepared = mastodon.prepare(account, with_picture, [PICTURE])
    stub.fail("POST", "/api/v1/statuses", status=422, body=body)
    fault = outcome(mastodon, account, with_picture, prepared)
    assert (type(fault), fault.code) == (kind, code)


def test_no_token_in_any_log_line_or_fault(
    mastodon: Mastodon, account: Account, payload: Payload, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        mastodon.publish(account, payload, Prepared())
        stub.fail("POST", "/api/v1/statuses", status=422, body=b'{"error":"token-emil\\u0007 may not\\n post"}')
        fault = outcome(mastodon, account, payload)
    assert fault.detail == "422 [removed] may not post"
    assert "token-emil" not in caplog.text + str(fault) + repr(account)


def test_limits_survive_storage(account: Account) -> None:
    assert account.limits is not None
    assert Limits.from_json(account.limits.as_json() | {"new_field": 1}) == account.limits
