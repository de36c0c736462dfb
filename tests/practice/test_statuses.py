"""Posting, reading, deleting, as a client of Mastodon's API sees it."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from app.practice.server import Running, start
from tests.practice.client import PNG, Person, Trainer
from tests.practice.conftest import Clock

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"


def test_a_post_is_at_its_address(edda: Person) -> None:
    made = edda.post("Our report https://go.example/Ab3dE #Team", language="en").json()
    assert made["url"] == f"{edda.network.url}/@edda_lindqvist/{made['id']}"
    assert 'href="https://go.example/Ab3dE"' in made["content"]
    assert (made["card"]["url"], made["tags"][0]["name"]) == ("https://go.example/Ab3dE", "team")
    assert "go.example" in requests.get(made["url"], timeout=10).text
    assert edda.call("GET", f"/api/v1/statuses/{made['id']}").json()["id"] == made["id"]


def test_one_key_is_one_post_for_an_hour(edda: Person, emil: Person, trainer: Trainer, clock: Clock) -> None:
    first, again = edda.post("One", key="k").json(), edda.post("Two", key="k").json()
    assert first["id"] == again["id"]
    assert emil.post("Mine", key="k").json()["id"] != first["id"]
    clock.ahead = 3601
    assert edda.post("Later", key="k").json()["id"] != first["id"]
    assert trainer.texts("edda_lindqvist") == ["One", "Later"]


def test_one_key_is_one_post_for_many_at_once(edda: Person, trainer: Trainer) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = {answer.json()["id"] for answer in pool.map(lambda _: edda.post("One", key="k"), range(8))}
    assert len(ids) == 1
    assert trainer.texts("edda_lindqvist") == ["One"]


def test_a_key_whose_post_was_deleted_finds_nothing(edda: Person) -> None:
    made = edda.post("One", key="k").json()
    edda.call("DELETE", f"/api/v1/statuses/{made['id']}")
    assert edda.post("One", key="k").status_code == 404


@pytest.mark.parametrize(
    "text",
    ["x" * 500, FAMILY * 500, "x" * 476 + " https://example.com/" + "y" * 300, "é" * 500, "@alice@social.example " + "x" * 493],
)
def test_exactly_at_the_limit_passes_and_one_more_does_not(edda: Person, text: str) -> None:
    assert edda.post(text).status_code == 200
    over = edda.post("z" + text)
    assert (over.status_code, over.json()["error"]) == (422, "Validation failed: Text character limit of 500 exceeded")


@pytest.mark.parametrize(
    ("body", "status", "part"),
    [
        ({"status": " \n"}, 422, "Text can't be blank"),
        ({"status": "x", "visibility": "friends"}, 422, "Visibility"),
        ({"status": "x", "media_ids": ["12345"]}, 422, "not found or already attached"),
        ({"status": "x", "in_reply_to_id": "1"}, 404, "reply"),
        ({"status": "x", "text": "typo"}, 422, "unknown field text"),
        ({"status": "x", "scheduled_at": "2030-01-01T00:00:00Z"}, 422, "scheduled"),
        ({"status": "x", "media_ids": ["x"]}, 422, "not a number"),
    ],
)
def test_what_cannot_be_posted_says_why(edda: Person, trainer: Trainer, body: dict[str, object], status: int, part: str) -> None:
    answer = edda.call("POST", "/api/v1/statuses", json=body)
    assert answer.status_code == status
    assert part in answer.json()["error"]
    assert trainer.texts("edda_lindqvist") == []


def test_a_form_works_like_json(edda: Person) -> None:
    answer = edda.call("POST", "/api/v1/statuses", data={"status": "Form", "media_ids[]": [edda.upload().json()["id"]]})
    assert len(answer.json()["media_attachments"]) == 1


def test_a_dead_token_is_refused_and_a_malformed_body_too(edda: Person) -> None:
    assert edda.call("POST", "/api/v1/statuses", data="{", headers={"Content-Type": "application/json"}).status_code == 400
    edda.facts["access_token"] = "guessed"
    assert edda.post("x").json() == {"error": "The access token is invalid"}


def test_deleting_gives_the_text_back_once(edda: Person, emil: Person) -> None:
    made = edda.post("Gone soon").json()
    path = f"/api/v1/statuses/{made['id']}"
    assert emil.call("DELETE", path).status_code == 404
    assert edda.call("DELETE", path).json()["text"] == "Gone soon"
    assert edda.call("DELETE", path).status_code == 404
    assert requests.get(made["url"], timeout=10).status_code == 404


def test_several_statuses_leave_out_what_is_gone(edda: Person) -> None:
    one, two = edda.post("One").json()["id"], edda.post("Two").json()["id"]
    found = edda.call("GET", "/api/v1/statuses", params={"id[]": [two, "99", one]}).json()
    assert [status["id"] for status in found] == [two, one]


def test_an_account_pages_through_its_posts_by_key(edda: Person) -> None:
    ids = [edda.post(f"Post {n}").json()["id"] for n in range(5)]
    path = f"/api/v1/accounts/{edda.facts['id']}/statuses"

    def listed(**bounds: str | int) -> list[str]:
        return [s["id"] for s in edda.call("GET", path, params={**bounds, "exclude_reblogs": "true"}).json()]

    assert listed() == ids[::-1]
    assert listed(limit=2) == [ids[4], ids[3]]
    assert listed(limit=2, max_id=ids[3]) == [ids[2], ids[1]]
    assert listed(limit=2, since_id=ids[1]) == [ids[4], ids[3]]
    assert listed(limit=2, min_id=ids[1]) == [ids[3], ids[2]]
    link = edda.call("GET", path, params={"limit": 2}).headers["Link"]
    assert f'max_id={ids[3]}>; rel="next"' in link
    assert edda.call("GET", path, params={"limit": "many"}).status_code == 400


def test_private_posts_are_for_their_author(edda: Person, emil: Person) -> None:
    made = edda.post("Psst", visibility="private").json()
    path = f"/api/v1/statuses/{made['id']}"
    assert edda.call("GET", path).status_code == 200
    assert emil.call("GET", path).status_code == 404
    assert requests.get(edda.network.url + path, timeout=10).status_code == 404
    assert "Psst" not in requests.get(edda.network.url, timeout=10).text


def test_a_picture_is_described_attached_and_then_out_of_reach(edda: Person) -> None:
    media = edda.upload(description="Two pixels").json()
    path = f"/api/v1/media/{media['id']}"
    assert edda.call("PUT", path, json={"description": "Six pixels"}).json()["description"] == "Six pixels"
    assert edda.call("GET", path).status_code == 200
    made = edda.post("", media_ids=[media["id"]]).json()
    assert made["media_attachments"][0]["description"] == "Six pixels"
    assert requests.get(media["url"], timeout=10).content == PNG
    assert edda.call("GET", path).status_code == 404
    assert "already attached" in edda.post("Again", media_ids=[media["id"]]).json()["error"]


def test_pictures_that_we_do_not_take(edda: Person) -> None:
    assert edda.upload(b"<svg onload=alert(1)>").status_code == 422
    assert edda.upload(PNG + bytes(17_000_000)).status_code == 422
    assert edda.upload(bytes(41 * 1024 * 1024)).status_code == 413
    assert edda.upload(description="x" * 1501).status_code == 422
    assert edda.call("POST", "/api/v2/media", data={"description": "no file"}).status_code == 422


def test_the_server_tells_its_limits(network: Running) -> None:
    v2 = requests.get(f"{network.url}/api/v2/instance", timeout=10)
    assert v2.json()["configuration"]["statuses"]["max_characters"] == 500
    assert v2.json()["configuration"]["statuses"]["characters_reserved_per_url"] == 23
    assert v2.headers["X-RateLimit-Reset"].endswith("Z")
    assert requests.get(f"{network.url}/api/v1/instance", timeout=10).json()["version"] == v2.json()["version"]
    assert requests.get(f"{network.url}/api/v1/instance/rules", timeout=10).json()


def test_too_many_calls_are_refused_until_the_window_ends(clock: Clock) -> None:
    with start(rate_limit=3, now=clock) as network:
        edda = Trainer(network).person("Edda")
        answers = [edda.post(f"{n}") for n in range(4)]
        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["X-RateLimit-Remaining"] == "0"
        clock.ahead = 301
        assert edda.post("later").status_code == 200
