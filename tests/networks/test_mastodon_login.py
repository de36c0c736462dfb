"""Connecting an account: registration, the walk through OAuth, refresh and revoke."""

import logging
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from app.networks.base import (
    AppCredentials,
    AuthorizeStart,
    Config,
    NetworkFault,
    Permanent,
    RateLimited,
    Reauth,
    Retryable,
    TokenSet,
)
from app.networks.mastodon import Mastodon
from tests.networks.stub import SCOPES, Stub

CALLBACK = "https://outspoken.example/connect/mastodon/callback"


@pytest.fixture
def app(mastodon: Mastodon, stub: Stub) -> AppCredentials:
    return mastodon.register_app(stub.host, CALLBACK)


@pytest.fixture
def start(mastodon: Mastodon, app: AppCredentials) -> AuthorizeStart:
    return mastodon.begin_authorize(app, CALLBACK)


def test_registering_sends_strings_that_every_version_takes(app: AppCredentials, stub: Stub) -> None:
    sent = stub.requests[-1].json()
    assert sent["redirect_uris"] == CALLBACK
    assert sent["scopes"] == SCOPES
    assert (app.client_id, app.host, app.scopes) == ("client-1", stub.host, tuple(SCOPES.split()))
    assert "secret-1" not in repr(app)


def test_the_whole_walk(mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub) -> None:
    query = parse_qs(urlsplit(start.url).query)
    assert start.url.startswith(f"{stub.url}/oauth/authorize?")
    assert query["code_challenge_method"] == ["S256"]
    assert query["redirect_uri"] == [CALLBACK]
    assert query["state"] == [start.state]
    grant = mastodon.complete_authorize(app, start.pending, stub.sign_in(start.url))
    assert grant.tokens.access_token == "token-new"
    assert grant.tokens.expires_at is None
    assert grant.granted_scopes == tuple(SCOPES.split())
    who = grant.identity
    assert (who.host, who.remote_id, who.handle) == (stub.host, "42", f"@emil@{stub.host}")
    assert (who.name, who.avatar_url, who.visibility, who.language) == ("Emil  E.", "", "unlisted", "de")
    assert stub.requests[-2].form()["grant_type"] == "authorization_code"


def test_another_account_asks_for_the_login_page(mastodon: Mastodon, app: AppCredentials) -> None:
    assert "force_login=true" in mastodon.begin_authorize(app, CALLBACK, "another").url


def test_two_logins_share_no_secret(mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart) -> None:
    second = mastodon.begin_authorize(app, CALLBACK)
    assert second.state != start.state
    assert second.pending["verifier"] != start.pending["verifier"]
    assert len(start.state) >= 43
    assert 43 <= len(start.pending["verifier"]) <= 128


@pytest.mark.parametrize(
    ("params", "kind", "code"),
    [
        ({"code": "code-0", "state": "foreign"}, Reauth, "state_mismatch"),
        ({"code": "code-0"}, Reauth, "state_mismatch"),
        ({"error": "access_denied"}, Reauth, "denied"),
        ({"error": "invalid_scope"}, Config, "invalid_scope"),
        ({"code": ""}, Reauth, "no_code"),
        ({"code": "never-given"}, Reauth, "grant_rejected"),
        ({"code": "code-0", "iss": "https://evil.example"}, Reauth, "issuer_mismatch"),
    ],
)
def test_what_comes_back_may_be_wrong(
    mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, params: dict[str, str], kind: type[NetworkFault], code: str
) -> None:
    given = params if params.get("state") or code == "state_mismatch" else params | {"state": start.state}
    with pytest.raises(kind, match=code):
        mastodon.complete_authorize(app, start.pending, given)


def test_a_code_works_once_and_only_with_its_verifier(mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub) -> None:
    params = stub.sign_in(start.url)
    with pytest.raises(Reauth, match="grant_rejected"):
        mastodon.complete_authorize(app, start.pending | {"verifier": "a" * 64}, params)
    with pytest.raises(Reauth, match="grant_rejected"):
        mastodon.complete_authorize(app, start.pending, params)


def test_a_login_at_one_server_is_not_finished_at_another(
    mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub
) -> None:
    with pytest.raises(Reauth, match="state_mismatch"):
        mastodon.complete_authorize(replace(app, host="other.example"), start.pending, stub.sign_in(start.url))


@pytest.mark.parametrize(
    ("granted", "missing"), [("profile write:statuses", "write:media read:statuses"), ("read", "write:statuses write:media")]
)
def test_one_scope_missing(mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub, granted: str, missing: str) -> None:
    stub.granted = granted
    with pytest.raises(Reauth, match="scope_missing") as caught:
        mastodon.complete_authorize(app, start.pending, stub.sign_in(start.url))
    assert missing in caught.value.detail


@pytest.mark.parametrize("granted", [SCOPES.replace(" ", ","), "profile read write", " ".join(reversed(SCOPES.split()))])
def test_scopes_may_come_back_in_another_dress(
    mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub, granted: str
) -> None:
    stub.granted = granted
    assert mastodon.complete_authorize(app, start.pending, stub.sign_in(start.url)).tokens.access_token == "token-new"


def test_an_unknown_application(mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub) -> None:
    with pytest.raises(Config, match="invalid_client"):
        mastodon.complete_authorize(replace(app, client_secret="old"), start.pending, stub.sign_in(start.url))


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ({"status": 500}, Retryable),
        ({"status": 429, "headers": {"Retry-After": "7"}}, RateLimited),
        ({"status": 200, "body": b"<html>hello", "headers": {"Content-Type": "text/html"}}, Retryable),
        ({"status": 200, "body": b"[1]"}, Retryable),
        ({"status": 200, "body": b"[" * 100_000}, Retryable),
        ({"status": 200, "body": b'{"access_token": 7}'}, Retryable),
        ({"status": 200, "body": b'{"access_token": "a", "expires_in": "soon"}'}, Retryable),
        ({"kind": "drop"}, Retryable),
    ],
)
def test_trouble_at_the_token_endpoint_passes(
    mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub, failure: dict[str, object], kind: type[NetworkFault]
) -> None:
    params = stub.sign_in(start.url)
    stub.fail("POST", "/oauth/token", **failure)
    with pytest.raises(kind):
        mastodon.complete_authorize(app, start.pending, params)
    assert mastodon.complete_authorize(app, start.pending, params).tokens.access_token == "token-new"


def test_a_server_without_discovery_gets_the_usual_addresses_and_no_pkce(mastodon: Mastodon, stub: Stub) -> None:
    missing = (404, b"<html>no such page", {"Content-Type": "text/html"})
    stub.pages["/.well-known/oauth-authorization-server"] = lambda _: missing
    app = mastodon.register_app(stub.host, CALLBACK)
    assert app.scopes[0] == "read:accounts"
    start = mastodon.begin_authorize(app, CALLBACK)
    assert start.url.startswith(f"{stub.url}/oauth/authorize?")
    assert "code_challenge" not in start.url
    assert start.pending["token_endpoint"] == f"{stub.url}/oauth/token"


@pytest.mark.parametrize("endpoint", ["https://evil.example/token", "http://127.0.0.1:1/token"])
def test_secrets_are_not_sent_to_an_endpoint_elsewhere(mastodon: Mastodon, app: AppCredentials, stub: Stub, endpoint: str) -> None:
    stub.pages["/.well-known/oauth-authorization-server"] = lambda _: (200, {"token_endpoint": endpoint}, {})
    with pytest.raises(Permanent, match="foreign_endpoint"):
        mastodon.begin_authorize(app, CALLBACK)


def test_refresh_replaces_both_tokens_and_knows_when_they_end(
    mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub
) -> None:
    stub.token_extras = {"refresh_token": "refresh-1", "expires_in": 60}
    stub.refresh_tokens.add("refresh-1")
    old = mastodon.complete_authorize(app, start.pending, stub.sign_in(start.url)).tokens
    assert old.refresh_token == "refresh-1"
    assert old.expires_within(300)
    new = mastodon.refresh(app, old)
    assert (new.access_token, new.refresh_token) == ("token-fresh", "refresh-1")
    assert not new.expires_within(300)
    assert new.extra == old.extra
    assert TokenSet.from_json(new.as_json()) == new


def test_a_dead_refresh_token_means_connect_again(mastodon: Mastodon, app: AppCredentials, stub: Stub) -> None:
    with pytest.raises(Reauth, match="grant_rejected"):
        mastodon.refresh(app, TokenSet("old", "never-given"))
    with pytest.raises(Reauth, match="no_refresh_token"):
        mastodon.refresh(app, TokenSet("old"))


def test_revoke_tells_the_server_and_never_raises(mastodon: Mastodon, app: AppCredentials, stub: Stub) -> None:
    assert mastodon.revoke(app, TokenSet("token-emil"))
    assert "token-emil" not in stub.tokens
    stub.fail("POST", "/oauth/revoke", kind="drop")
    assert not mastodon.revoke(app, TokenSet("token-emil"))


def test_no_secret_in_any_log_line(
    mastodon: Mastodon, app: AppCredentials, start: AuthorizeStart, stub: Stub, caplog: pytest.LogCaptureFixture
) -> None:
    stub.token_extras = {"refresh_token": "refresh-1", "expires_in": 60}
    stub.refresh_tokens.add("refresh-1")
    with caplog.at_level(logging.DEBUG):
        params = stub.sign_in(start.url)
        tokens = mastodon.complete_authorize(app, start.pending, params).tokens
        mastodon.refresh(app, tokens)
        stub.fail("POST", "/oauth/token", status=400, body=b'{"error":"invalid_grant","error_description":"refresh-1 is dead"}')
        with pytest.raises(Reauth) as caught:
            mastodon.refresh(app, tokens)
        mastodon.revoke(app, tokens)
    secrets = ("token-new", "token-fresh", "refresh-1", "secret-1", params["code"], start.state, start.pending["verifier"])
    said = caplog.text + str(caught.value) + repr(tokens) + repr(start) + repr(app)
    assert caplog.records
    assert not [secret for secret in secrets if secret in said]
