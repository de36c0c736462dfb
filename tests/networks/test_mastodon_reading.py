"""Finding a post again, taking it back, and counting what came of it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.networks.base import (
    Absent,
    Account,
    AlreadyGone,
    Attempt,
    Deleted,
    Draft,
    Found,
    Gone,
    Metrics,
    NetworkFault,
    RateLimited,
    Reauth,
    Retryable,
    TokenSet,
    Unknown,
)
from app.networks.mastodon import Mastodon
from tests.networks.conftest import MARKER
from tests.networks.stub import Stub

NOW = datetime.now(UTC)


@pytest.fixture
def attempt(mastodon: Mastodon, account: Account, draft: Draft) -> Attempt:
    return Attempt(mastodon.render(draft, account), NOW)


def ago(**past: float) -> datetime:
    return NOW - timedelta(**past)


def test_found_by_its_marker_among_others(mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub) -> None:
    stub.post("older", ago(hours=1))
    mine = stub.post(f"Our report {MARKER}")
    stub.post(f"Another link {MARKER}f")
    found = mastodon.reconcile(account, attempt)
    assert found == Found(mine["id"], mine["url"], datetime.fromisoformat(mine["created_at"]))


def test_absent_when_the_list_goes_back_beyond_the_attempt(mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub) -> None:
    stub.post("long before", ago(hours=1))
    stub.post(f"Almost the same link {MARKER}x")
    stub.post("https://go.example/ab3de")
    assert mastodon.reconcile(account, attempt) == Absent()


def test_absent_on_an_empty_account(mastodon: Mastodon, account: Account, attempt: Attempt) -> None:
    assert mastodon.reconcile(account, attempt) == Absent()


def test_many_newer_posts_are_paged_through(mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub) -> None:
    mine = stub.post(MARKER)
    for number in range(90):
        stub.post(f"later {number}")
    found = mastodon.reconcile(account, attempt)
    assert isinstance(found, Found)
    assert found.remote_id == mine["id"]
    assert stub.count("GET", "/api/v1/accounts/42/statuses") == 3


def test_a_list_that_does_not_reach_back_proves_nothing(mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub) -> None:
    for number in range(250):
        stub.post(f"later {number}")
    assert mastodon.reconcile(account, attempt) == Unknown("too_many_posts")


def test_the_marker_in_an_older_post_is_not_adopted_and_not_denied(
    mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub
) -> None:
    stub.post(MARKER, ago(hours=2))
    assert mastodon.reconcile(account, attempt) == Unknown("same_in_older_post")


def test_a_server_clock_some_minutes_behind_is_allowed_for(mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub) -> None:
    stub.post(MARKER, ago(minutes=4))
    assert isinstance(mastodon.reconcile(account, attempt), Found)


@pytest.mark.parametrize(
    "content",
    [
        f"<p>Text {MARKER}</p>",
        f"Text {MARKER}",
        '<a class="x" href="https&#58;//go.example/Ab3dE">go…</a>',
        f'<p><a href="{MARKER}"><span class="invisible">https://</span>go.example/Ab3dE</a></p>',
    ],
)
def test_the_marker_is_seen_in_every_dress(mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub, content: str) -> None:
    stub.post("x")["content"] = content
    assert isinstance(mastodon.reconcile(account, attempt), Found)


@pytest.mark.parametrize("broken", [{"created_at": "yesterday"}, {"id": None}, {"created_at": None}])
def test_posts_that_cannot_be_read_leave_a_doubt(
    mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub, broken: dict[str, Any]
) -> None:
    stub.post("older", ago(hours=1))
    stub.post("newer").update(broken)
    assert mastodon.reconcile(account, attempt) == Unknown("bad_answer")


def test_without_a_marker_the_text_decides(mastodon: Mastodon, account: Account, draft: Draft, stub: Stub) -> None:
    attempt = Attempt(mastodon.render(replace(draft, text="Grüße & mehr!", link=""), account), NOW)
    assert mastodon.reconcile(account, attempt) == Absent()
    other = stub.post("something else")
    assert mastodon.reconcile(account, attempt) == Unknown("no_marker")
    other["content"] = "<p>Grüße &amp; mehr!</p>"
    assert isinstance(mastodon.reconcile(account, attempt), Found)


def test_the_same_text_in_an_older_post_is_not_adopted_and_not_denied(
    mastodon: Mastodon, account: Account, draft: Draft, stub: Stub
) -> None:
    attempt = Attempt(mastodon.render(replace(draft, text="Grüße & mehr!", link=""), account), NOW)
    older = stub.post("<p>Grüße &amp; mehr!</p>", ago(hours=1))
    assert mastodon.reconcile(account, attempt) == Unknown("same_in_older_post")
    assert mastodon.reconcile(account, replace(attempt, known=frozenset({older["id"]}))) == Absent()


def test_another_post_with_the_same_text_is_not_taken_for_it(mastodon: Mastodon, account: Account, draft: Draft, stub: Stub) -> None:
    attempt = Attempt(mastodon.render(replace(draft, text="Grüße & mehr!", link=""), account), NOW)
    other = stub.post("<p>Grüße &amp; mehr!</p>")
    assert mastodon.reconcile(account, replace(attempt, known=frozenset({other["id"]}))) == Absent()
    mine = stub.post("<p>Grüße &amp; mehr!</p>")
    found = mastodon.reconcile(account, replace(attempt, known=frozenset({other["id"]})))
    assert isinstance(found, Found)
    assert found.remote_id == mine["id"]


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        ({"status": 500}, Retryable),
        ({"kind": "drop"}, Retryable),
        ({"status": 200, "body": b"<html>", "headers": {"Content-Type": "text/html"}}, Retryable),
        ({"status": 200, "body": b'{"not": "a list"}'}, Retryable),
        ({"status": 404, "body": b"<html>", "headers": {"Content-Type": "text/html"}}, Retryable),
        ({"status": 429}, RateLimited),
        ({"status": 401}, Reauth),
    ],
)
def test_a_list_that_cannot_be_read_is_never_absent(
    mastodon: Mastodon, account: Account, attempt: Attempt, stub: Stub, failure: dict[str, Any], kind: type[NetworkFault]
) -> None:
    stub.fail("GET", "/api/v1/accounts", **failure)
    with pytest.raises(kind):
        mastodon.reconcile(account, attempt)


def test_a_list_from_another_host_is_not_believed(rules: Any, account: Account, attempt: Attempt, stub: Stub) -> None:
    with Stub() as other:
        trusting = replace(rules, allowed_private_hosts=rules.allowed_private_hosts | {other.host})
        other.pages["/api/v1/accounts/42/statuses"] = lambda _: (200, [], {})
        stub.pages["/api/v1/accounts/42/statuses"] = lambda _: (302, {}, {"Location": f"{other.url}/api/v1/accounts/42/statuses"})
        mastodon = Mastodon(trusting, client_name="Acme", website="https://outspoken.example")
        with pytest.raises(Retryable, match="redirected"):
            mastodon.reconcile(account, attempt)
        mastodon.close()
        assert "authorization" not in other.requests[0].headers


def test_delete_twice(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    post = stub.post("x")
    assert mastodon.delete(account, post["id"]) == Deleted()
    assert mastodon.delete(account, post["id"]) == AlreadyGone()
    assert stub.posts == []


def test_a_page_is_no_proof_that_a_post_is_gone(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    post = stub.post("x")
    stub.fail("DELETE", "/api/v1/statuses", status=404, body=b"<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(Retryable):
        mastodon.delete(account, post["id"])


def test_an_id_cannot_climb_out_of_its_path(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    with pytest.raises(Retryable):
        mastodon.delete(account, "../accounts/42/statuses")
    assert stub.requests[0].path == "/api/v1/statuses/..%2Faccounts%2F42%2Fstatuses"


def test_counts_in_one_call_and_what_is_gone(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    ids = [stub.post(str(number))["id"] for number in range(3)]
    stub.posts.pop(1)
    found = mastodon.metrics(account, ids)
    first = found[ids[0]]
    assert isinstance(first, Metrics)
    assert (first.likes, first.comments, first.reposts, first.impressions) == (3, 0, None, None)
    assert found[ids[1]] == Gone()
    assert stub.count("GET", "/api/v1/statuses") == 1


def test_a_server_without_the_batch_call_is_asked_one_by_one(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    ids = [stub.post(str(number))["id"] for number in range(3)]
    stub.fail("GET", "/api/v1/statuses", status=404, body=b"<html>", headers={"Content-Type": "text/html"})
    found = mastodon.metrics(account, ids)
    assert [type(found[remote_id]) for remote_id in ids] == [Metrics] * 3


def test_trouble_while_counting_is_not_gone(mastodon: Mastodon, account: Account, stub: Stub) -> None:
    post = stub.post("x")
    stub.fail("GET", "/api/v1/statuses", status=404, body=b"<html>", headers={"Content-Type": "text/html"})
    with pytest.raises(Retryable):
        mastodon.metrics(account, [post["id"]])


def test_who_am_i_with_a_dead_token(mastodon: Mastodon, stub: Stub) -> None:
    with pytest.raises(Reauth):
        mastodon.verify_credentials(stub.host, TokenSet("dead"))
