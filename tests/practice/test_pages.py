"""The pages: hostile text stays text, lists page by key, visitors' reactions become real counts."""

import re

import pytest
import requests

from app.practice.server import Running
from app.practice.wording import WORDS
from tests.practice.client import Person, Trainer, Walk

HOSTILE = '<script>alert(1)</script> <img src=x onerror=alert(2)> "\'&amp; https://x.example/"onmouseover="alert(3) <s>after\u202ejs'


def page(network: Running, path: str, **headers: str) -> str:
    answer = requests.get(network.url + path, headers=headers, timeout=10)
    assert answer.status_code == 200
    return answer.text


def test_hostile_text_shows_as_text_everywhere(network: Running, trainer: Trainer) -> None:
    sam = trainer.person('<b onclick="x()">Sam</b>', app="<i>App</i>")
    media = sam.upload(description='"><script>alert(4)</script>').json()
    made = sam.post(HOSTILE, media_ids=[media["id"]], spoiler_text="<u>psst</u>").json()
    for path in ("/", f"/@{sam.facts['username']}", f"/@{sam.facts['username']}/{made['id']}"):
        text = page(network, path)
        assert not re.search(r"<script|<img src=x|<b onclick|<i>App|<u>psst|<s>|<[^>]*\sonmouseover=", text)
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not re.search("<script|<s>|\u202e", made["content"])


def test_only_web_addresses_become_links(edda: Person) -> None:
    content = edda.post("javascript:alert(1) data:text/html,x http://a.example/(b). #Zürich").json()["content"]
    assert re.findall(r'href="([^"]*)"', content) == ["http://a.example/(b)", f"{edda.network.url}/tags/zürich"]


def test_the_pages_allow_nothing_but_our_own_style(network: Running, edda: Person) -> None:
    made = edda.post("Hello").json()
    for path in ("/", "/@edda_lindqvist", f"/@edda_lindqvist/{made['id']}", "/nothing-here"):
        answer = requests.get(network.url + path, timeout=10)
        assert "default-src 'none'; style-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"\sstyle=|<style|<script|\son\w+=", answer.text)


def test_the_question_page_may_send_people_back_to_the_app(network: Running) -> None:
    answer = Walk.begin(network).page()
    assert answer.headers["Content-Security-Policy"].endswith("form-action 'self' http://127.0.0.1:9")
    assert "X-Form-Action" not in answer.headers


def test_the_timeline_pages_by_key_to_its_end(network: Running, trainer: Trainer) -> None:
    for n in range(45):
        trainer.call("POST", "/statuses", json={"account": "Edda", "text": f"Post number {n}."})
    seen: list[str] = []
    path = "/"
    while path:
        text = page(network, path)
        seen += re.findall(r"Post number (\d+)\.", text)
        older = re.search(r'rel="next" href="([^"]+)"', text)
        path = older[1] if older else ""
    assert seen == [str(n) for n in range(44, -1, -1)]


def test_replies_are_under_their_post_and_not_on_the_timeline(network: Running, edda: Person) -> None:
    made = edda.post("A question").json()
    reply = {"name": "Ravi", "text": "An answer"}
    assert "An answer" in requests.post(f"{made['url']}/reply", data=reply, timeout=10).text
    assert "An answer" not in page(network, "/")
    assert edda.call("GET", f"/api/v1/statuses/{made['id']}").json()["replies_count"] == 1


def test_a_reply_that_fails_keeps_what_was_typed(network: Running, edda: Person) -> None:
    made = edda.post("A question").json()
    answer = requests.post(f"{made['url']}/reply", data={"name": "Ravi", "text": "long " * 101}, timeout=10)
    assert answer.status_code == 422
    assert "long long" in answer.text
    assert 'value="Ravi"' in answer.text


def test_stars_and_boosts_count_once_per_visitor_and_can_be_taken_back(edda: Person) -> None:
    made = edda.post("Nice").json()
    with requests.Session() as ravi, requests.Session() as emil:
        ravi.post(f"{made['url']}/star", data={"back": "/"}, timeout=10)
        ravi.post(f"{made['url']}/boost", data={"back": "/"}, timeout=10)
        emil.post(f"{made['url']}/star", data={"back": "/"}, timeout=10)
        assert counts(edda, made["id"]) == (2, 1)
        assert 'aria-pressed="true"' in ravi.get(made["url"], timeout=10).text
        ravi.post(f"{made['url']}/star", data={"back": "/"}, timeout=10)
    assert counts(edda, made["id"]) == (1, 1)


def counts(person: Person, status_id: str) -> tuple[int, int]:
    status = person.call("GET", f"/api/v1/statuses/{status_id}").json()
    return status["favourites_count"], status["reblogs_count"]


def test_another_site_cannot_react_and_we_never_send_people_away(edda: Person) -> None:
    made = edda.post("Nice").json()
    foreign = requests.post(f"{made['url']}/star", headers={"Origin": "https://evil.example"}, timeout=10)
    assert foreign.status_code == 403
    away = requests.post(f"{made['url']}/star", data={"back": "//evil.example/"}, allow_redirects=False, timeout=10)
    assert away.headers["Location"].startswith("/#")


@pytest.mark.parametrize("path", ["/@nobody", "/@edda_lindqvist/1", "/media/1.png", "/tags", "/avatars/nobody.svg"])
def test_what_is_not_there_is_404(network: Running, edda: Person, path: str) -> None:
    assert requests.get(network.url + path, timeout=10).status_code == 404


def test_a_post_is_not_found_under_another_name(network: Running, edda: Person, emil: Person) -> None:
    made = edda.post("Mine").json()
    assert requests.get(f"{network.url}/@{emil.facts['username']}/{made['id']}", timeout=10).status_code == 404


def test_german_and_english(network: Running) -> None:
    german = page(network, "/", **{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"})
    assert '<html lang="de">' in german
    assert WORDS["promise"]["de"] in german
    assert WORDS["promise"]["en"] in page(network, "/", **{"Accept-Language": "fr"})
    assert all(words.keys() == {"en", "de"} and all(words.values()) for words in WORDS.values())


def test_hashtags_have_their_page(network: Running, edda: Person) -> None:
    edda.post("Hello #Team")
    edda.post("Hello #Teamwork")
    assert page(network, "/tags/team").count("<article") == 1
