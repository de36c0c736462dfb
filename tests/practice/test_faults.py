"""Every fault, judged from the outside: what the client saw, and what really exists."""

import time
from typing import Any

import pytest
import requests

from app.practice.server import Running
from tests.practice.client import Person, Trainer
from tests.practice.conftest import Clock


def test_drop_before_leaves_no_post(edda: Person, trainer: Trainer) -> None:
    trainer.fault("drop_before")
    with pytest.raises(requests.ConnectionError):
        edda.post("Lost")
    assert trainer.texts("edda_lindqvist") == []


def test_drop_after_leaves_one_post_which_the_key_finds(edda: Person, trainer: Trainer) -> None:
    trainer.fault("drop_after")
    with pytest.raises(requests.ConnectionError):
        edda.post("There", key="k")
    assert trainer.texts("edda_lindqvist") == ["There"]
    assert edda.post("There", key="k").status_code == 200
    assert trainer.texts("edda_lindqvist") == ["There"]


def test_error_after_leaves_one_post(edda: Person, trainer: Trainer) -> None:
    trainer.fault("error_after")
    assert edda.post("There").status_code == 500
    assert trainer.texts("edda_lindqvist") == ["There"]


def test_html_and_no_id_are_200_without_what_is_needed(edda: Person, trainer: Trainer) -> None:
    trainer.fault("html")
    assert edda.post("Not made").headers["Content-Type"].startswith("text/html")
    trainer.fault("no_id")
    answer = edda.post("Made").json()
    assert "id" not in answer
    assert "content" in answer
    assert trainer.texts("edda_lindqvist") == ["Made"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_status_makes_no_post(edda: Person, trainer: Trainer, status: int) -> None:
    trainer.fault("status", status=status)
    answer = edda.post("Not made")
    assert (answer.status_code, "Retry-After" in answer.headers) == (status, False)
    assert trainer.texts("edda_lindqvist") == []


def test_429_can_say_until_when(edda: Person, trainer: Trainer) -> None:
    trainer.fault("status", status=429, retry_after=7, reset_after=60)
    headers = edda.post("Not made").headers
    assert (headers["Retry-After"], headers["X-RateLimit-Remaining"]) == ("7", "0")
    assert headers["X-RateLimit-Reset"].endswith("Z")


def test_slow_outlasts_a_short_patience_and_is_made_all_the_same(edda: Person, trainer: Trainer) -> None:
    trainer.fault("slow", seconds=2)
    with pytest.raises(requests.ReadTimeout):
        edda.post("Late", timeout=0.1)
    assert trainer.texts("edda_lindqvist") == []
    deadline = time.monotonic() + 5
    while not trainer.texts("edda_lindqvist") and time.monotonic() < deadline:
        time.sleep(0.02)
    assert trainer.texts("edda_lindqvist") == ["Late"]


def test_drip_comes_slowly_but_whole(edda: Person, trainer: Trainer) -> None:
    trainer.fault("drip", seconds=0.005)
    began = time.monotonic()
    assert edda.post("Drop by drop").json()["content"] == "<p>Drop by drop</p>"
    assert time.monotonic() - began > 0.05


def test_a_fault_happens_as_often_as_it_was_told_and_only_where(edda: Person, emil: Person, trainer: Trainer) -> None:
    trainer.fault("status", status=503, times=2, account="edda_lindqvist")
    assert emil.post("Unharmed").status_code == 200
    assert edda.call("GET", "/api/v1/accounts/verify_credentials").status_code == 200
    assert [edda.post("x").status_code for _ in range(3)] == [503, 503, 200]
    assert trainer.call("GET", "/faults") == []


def test_a_fault_may_stay_until_it_is_removed(edda: Person, trainer: Trainer) -> None:
    fault = trainer.fault("status", status=500, times=None, method="*", path="/api/*")
    assert {edda.call("GET", "/api/v1/accounts/verify_credentials").status_code for _ in range(3)} == {500}
    trainer.call("DELETE", "/faults", params={"id": fault["id"]})
    assert edda.call("GET", "/api/v1/accounts/verify_credentials").status_code == 200


def test_expired_tokens_of_one_account_or_all(edda: Person, emil: Person, trainer: Trainer) -> None:
    assert trainer.fault("expire_tokens", account="edda_lindqvist")["ended"] == 1
    assert edda.post("x").status_code == 401
    assert emil.post("x").status_code == 200
    trainer.fault("expire_tokens")
    assert emil.post("x").status_code == 401


def test_an_expired_token_can_be_refreshed_unless_that_ended_too(network: Running, trainer: Trainer) -> None:
    trainer.fault("token_lifetime", seconds=3600)
    edda = trainer.person("Edda")

    def refresh(token: str) -> requests.Response:
        form = {"grant_type": "refresh_token", "refresh_token": token}
        secret = (edda.facts["client_id"], edda.facts["client_secret"])
        return requests.post(f"{network.url}/oauth/token", data=form, auth=secret, timeout=10)

    trainer.fault("expire_tokens", account="edda")
    assert edda.post("x").status_code == 401
    renewed = refresh(edda.facts["refresh_token"]).json()
    trainer.fault("expire_tokens", account="edda", refresh_too=True)
    assert refresh(renewed["refresh_token"]).json()["error"] == "invalid_grant"


def test_media_can_take_time(edda: Person, trainer: Trainer) -> None:
    trainer.fault("media_processing", polls=2)
    answer = edda.upload()
    media = answer.json()
    assert (answer.status_code, media["url"]) == (202, None)
    assert "not finished processing" in edda.post("x", media_ids=[media["id"]]).json()["error"]
    polled = [edda.call("GET", f"/api/v1/media/{media['id']}").status_code for _ in range(3)]
    assert polled == [206, 206, 200]
    assert edda.post("x", media_ids=[media["id"]]).status_code == 200


def test_media_can_fail(edda: Person, trainer: Trainer) -> None:
    trainer.fault("media_processing", polls=1, fails=True)
    media = edda.upload().json()
    assert [edda.call("GET", f"/api/v1/media/{media['id']}").status_code for _ in range(2)] == [206, 422]


def test_a_server_may_ignore_the_key(edda: Person, trainer: Trainer) -> None:
    trainer.fault("ignore_idempotency_key")
    assert edda.post("Twice", key="k").json()["id"] != edda.post("Twice", key="k").json()["id"]
    trainer.call("DELETE", "/faults")
    assert trainer.texts("edda_lindqvist") == ["Twice", "Twice"]


def test_the_log_has_what_a_judge_needs_and_no_token(edda: Person, trainer: Trainer) -> None:
    trainer.fault("drop_after")
    with pytest.raises(requests.ConnectionError):
        edda.post("x", key="k1")
    [entry] = trainer.call("GET", "/requests", params={"method": "POST", "path": "/api/v1/statuses"})
    assert entry["idempotency_key"] == "k1"
    assert (entry["account"], entry["status"], entry["fault"]) == ("edda_lindqvist", None, "drop_after")
    assert edda.facts["access_token"] not in str(entry)
    assert trainer.call("DELETE", "/requests") == []


def test_the_control_api_is_for_its_token_only(network: Running) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        answer = requests.put(f"{network.url}/_practice/faults", json={"kind": "html"}, headers=headers, timeout=10)
        assert answer.status_code == 401
    assert network.site.faults.listed() == []


@pytest.mark.parametrize(
    "body", [{"kind": "gremlin"}, {"kind": "slow", "second": 1}, {"kind": "slow", "seconds": "1"}, {"kind": "html", "id": 3}, []]
)
def test_a_fault_that_makes_no_sense_is_refused(network: Running, body: Any) -> None:
    headers = {"Authorization": f"Bearer {network.control_token}"}
    assert requests.put(f"{network.url}/_practice/faults", json=body, headers=headers, timeout=10).status_code == 422


def test_a_kept_open_connection_survives_many_requests_and_a_drop(edda: Person, trainer: Trainer, clock: Clock) -> None:
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {edda.facts['access_token']}"
        for n in range(20):
            assert session.post(f"{edda.network.url}/api/v1/statuses", json={"status": f"{n}"}, timeout=10).status_code == 200
        trainer.fault("drop_before")
        with pytest.raises(requests.ConnectionError):
            session.post(f"{edda.network.url}/api/v1/statuses", json={"status": "dropped"}, timeout=10)
        assert session.post(f"{edda.network.url}/api/v1/statuses", json={"status": "after"}, timeout=10).status_code == 200
    assert trainer.texts("edda_lindqvist") == [*(str(n) for n in range(20)), "after"]


def test_cut_ends_in_the_middle_of_the_answer_and_leaves_one_post(edda: Person, trainer: Trainer) -> None:
    trainer.fault("cut")
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        edda.post("There")
    assert trainer.texts("edda_lindqvist") == ["There"]


def test_nonsense_is_no_http(edda: Person, trainer: Trainer) -> None:
    trainer.fault("nonsense")
    with pytest.raises(requests.ConnectionError):
        edda.post("Not made")
    assert trainer.texts("edda_lindqvist") == []


def test_nothing_is_a_200_without_a_body(edda: Person, trainer: Trainer) -> None:
    trainer.fault("nothing")
    answer = edda.post("Not made")
    assert (answer.status_code, answer.content, trainer.texts("edda_lindqvist")) == (200, b"", [])


def test_whoever_follows_a_redirect_asks_once_more(edda: Person, trainer: Trainer) -> None:
    trainer.fault("redirect", made=True)
    assert edda.post("Twice").status_code == 200
    assert trainer.texts("edda_lindqvist") == ["Twice", "Twice"]


@pytest.mark.parametrize("kind", ["html", "nothing"])
def test_no_answer_can_hide_a_post(edda: Person, trainer: Trainer, kind: str) -> None:
    trainer.fault(kind, made=True)
    edda.post("There")
    assert trainer.texts("edda_lindqvist") == ["There"]


def test_what_exists_can_be_asked_for_from_an_id_on(edda: Person, trainer: Trainer) -> None:
    first = edda.post("One").json()["id"]
    edda.post("Two")
    assert [one["text"] for one in trainer.call("GET", "/statuses", params={"after": first})] == ["Two"]
