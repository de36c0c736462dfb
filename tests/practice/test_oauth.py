"""Connecting an account: the whole flow, and everything that must not pass."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from app.practice.server import Running
from tests.practice.client import CALLBACK, SCOPES, Person, Trainer, Walk
from tests.practice.conftest import Clock


def test_whole_flow_from_registration_to_revocation(network: Running) -> None:
    walk = Walk.begin(network)
    assert walk.app["redirect_uris"] == [CALLBACK]
    assert walk.page().status_code == 200
    back = walk.decide(name="Edda Lindqvist")
    assert back["state"] == "s t&1"

    token = walk.token(code=back["code"]).json()
    assert token.keys() == {"access_token", "token_type", "scope", "created_at"}
    assert (token["token_type"], token["scope"]) == ("Bearer", SCOPES)

    edda = Person(network, token)
    me = edda.call("GET", "/api/v1/accounts/verify_credentials").json()
    assert (me["username"], me["display_name"]) == ("edda_lindqvist", "Edda Lindqvist")
    assert (me["url"], me["source"]["privacy"]) == (f"{network.url}/@edda_lindqvist", "public")
    assert edda.post("Hello").json()["application"]["name"] == "Outspoken"

    gone = {"client_id": walk.app["client_id"], "client_secret": walk.app["client_secret"], "token": token["access_token"]}
    for _twice in range(2):
        assert requests.post(f"{network.url}/oauth/revoke", data=gone, timeout=10).json() == {}
    assert edda.call("GET", "/api/v1/accounts/verify_credentials").status_code == 401


def test_discovery_names_our_own_addresses(network: Running) -> None:
    found = requests.get(f"{network.url}/.well-known/oauth-authorization-server", timeout=10).json()
    assert found["token_endpoint"] == f"{network.url}/oauth/token"
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert set(SCOPES.split()) <= set(found["scopes_supported"])


def test_the_same_name_is_the_same_account(network: Running) -> None:
    walk = Walk.begin(network)
    people = [Person(network, walk.token(code=walk.decide(name=name)["code"]).json()) for name in ("Zoë Müller", "zoe mueller")]
    ids = {person.call("GET", "/api/v1/accounts/verify_credentials").json()["id"] for person in people}
    assert len(ids) == 1


def test_saying_no_goes_back_without_a_code(network: Running) -> None:
    back = Walk.begin(network).decide("deny")
    assert (back["error"], back["state"]) == ("access_denied", "s t&1")
    assert "code" not in back


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example/"}, 400, "invalid_redirect_uri"),
        ({"scope": "write"}, 400, "invalid_scope"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, 400, "invalid_code_challenge_method"),
    ],
)
def test_a_wrong_question_shows_a_page_and_never_redirects(network: Running, changes: dict[str, str], status: int, reason: str) -> None:
    answer = Walk.begin(network).page(**changes)
    assert (answer.status_code, answer.history) == (status, [])
    assert reason in answer.text


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"code": None}, 400, "invalid_request"),
        ({"code": "guessed"}, 400, "invalid_grant"),
        ({"redirect_uri": None}, 400, "invalid_request"),
        ({"redirect_uri": CALLBACK + "/other"}, 400, "invalid_grant"),
        ({"code_verifier": None}, 400, "invalid_grant"),
        ({"code_verifier": "w" * 50}, 400, "invalid_grant"),
        ({"client_secret": "guessed"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
    ],
)
def test_a_code_needs_everything_to_fit(network: Running, changes: dict[str, str | None], status: int, error: str) -> None:
    walk = Walk.begin(network)
    code = walk.decide()["code"]
    answer = walk.token(**{"code": code, **changes})
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_a_code_works_once_even_when_two_come_at_once(network: Running) -> None:
    walk = Walk.begin(network)
    code = walk.decide()["code"]
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(answer.status_code for answer in pool.map(lambda _: walk.token(code=code), range(4)))
    assert answers == [200, 400, 400, 400]


def test_a_code_ends_after_ten_minutes(network: Running, clock: Clock) -> None:
    walk = Walk.begin(network)
    code = walk.decide()["code"]
    clock.ahead = 601
    assert walk.token(code=code).json()["error"] == "invalid_grant"


def test_a_code_belongs_to_its_app(network: Running) -> None:
    code = Walk.begin(network).decide()["code"]
    assert Walk.begin(network).token(code=code).json()["error"] == "invalid_grant"


def test_the_secret_may_come_by_basic_authentication(network: Running) -> None:
    walk = Walk.begin(network)
    form = {
        "grant_type": "authorization_code",
        "code": walk.decide(code_challenge=None, code_challenge_method=None)["code"],
        "redirect_uri": CALLBACK,
    }
    secret = (walk.app["client_id"], walk.app["client_secret"])
    assert requests.post(f"{network.url}/oauth/token", data=form, auth=secret, timeout=10).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [{"client_name": ""}, {"redirect_uris": []}, {"redirect_uris": "javascript:alert(1)"}, {"scopes": "read everything"}],
)
def test_registration_refuses_what_is_malformed(network: Running, changes: dict[str, object]) -> None:
    body = {"client_name": "A", "redirect_uris": CALLBACK, "scopes": "read", **changes}
    answer = requests.post(f"{network.url}/api/v1/apps", json=body, timeout=10)
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("Validation failed")


def test_another_site_cannot_allow_in_my_name(network: Running) -> None:
    form = {**Walk.begin(network).asked(), "name": "Edda", "decision": "allow"}
    foreign = {"Origin": "https://evil.example"}
    answer = requests.post(f"{network.url}/oauth/authorize", data=form, headers=foreign, allow_redirects=False, timeout=10)
    assert answer.status_code == 403


def test_a_missing_name_is_asked_for_again(network: Running) -> None:
    walk = Walk.begin(network)
    form = {**walk.asked(), "name": " ?! ", "decision": "allow"}
    answer = requests.post(f"{network.url}/oauth/authorize", data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


def test_tokens_that_end_come_with_a_refresh_token_that_rotates(network: Running, trainer: Trainer, clock: Clock) -> None:
    trainer.fault("token_lifetime", seconds=60)
    walk = Walk.begin(network)
    first = walk.token(code=walk.decide()["code"]).json()
    assert first["expires_in"] == 60
    clock.ahead = 61
    assert Person(network, first).post("too late").json()["error"] == "The access token expired"

    second = walk.token(grant_type="refresh_token", refresh_token=first["refresh_token"]).json()
    assert Person(network, second).post("in time").status_code == 200
    again = walk.token(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_the_wrong_scope_is_forbidden(trainer: Trainer) -> None:
    reader = trainer.person("Sam", scopes="profile read:statuses")
    answer = reader.post("no")
    assert (answer.status_code, answer.json()["error"]) == (403, "This action is outside the authorized scopes")
