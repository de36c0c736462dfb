"""The stub network of the benchmark judges others, so it is judged first: its record, its limits, its faults, its memory."""

import http.client
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from app.embedded import ports
from app.embedded.process import Service
from app.embedded.supervisor import Supervisor
from benchmarks.publishing.ground import ROOT, listens
from benchmarks.publishing.judge import Judge, doubles
from benchmarks.publishing.storms import soonest


@pytest.fixture
def judge(tmp_path: Path) -> Iterator[Judge]:
    """A stub in a process of its own."""
    port, supervisor = ports.pick(1)[0], Supervisor(tmp_path)
    command = (sys.executable, "-m", "benchmarks.publishing.stub", "--port", str(port))
    supervisor.start(Service("stub", command, {"PYTHONPATH": str(ROOT)}, ROOT))
    try:
        supervisor.wait_until(lambda: listens(port), what="the stub")
        made = Judge(port)
        yield made
        made.close()
    finally:
        supervisor.stop()


@pytest.fixture
def account(judge: Judge) -> "Iterator[Callable[[int], Client]]":
    """A connection as the account of this number."""
    made: list[Client] = []

    def connect(number: int) -> Client:
        made.append(Client(judge.port, number))
        return made[-1]

    yield connect
    for client in made:
        client.connection.close()


class Client:
    """One kept-open connection, as one account."""

    def __init__(self, port: int, account: int) -> None:
        self.account = account
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
        sent = {"Authorization": f"Bearer t-{self.account}", "Content-Type": "application/json", **headers}
        self.connection.request(method, path, json.dumps(body) if body else None, sent)
        answer = self.connection.getresponse()
        return answer.status, json.loads(answer.read()), {name.lower(): value for name, value in answer.getheaders()}

    def post(self, marker: str, key: str = "") -> tuple[int, Any, dict[str, str]]:
        return self.ask("POST", "/api/v1/statuses", {"status": f"Pumps {marker}"}, **({"Idempotency-Key": key} if key else {}))


Account = Callable[[int], Client]


def test_every_request_is_written_down_and_a_second_one_for_the_same_post_is_a_double(judge: Judge, account: Account) -> None:
    one, two = account(1), account(2)
    before = time.time()
    made = [one.post("m1", "k1"), two.post("m1", "k2"), one.post("m1", "k1"), one.post("m2")]
    seen = judge.arrivals()
    assert [(arrival.account, arrival.key, arrival.marker, arrival.status) for arrival in seen] == [
        ("1", "k1", "m1", 200), ("2", "k2", "m1", 200), ("1", "k1", "m1", 200), ("1", "", "m2", 200),
    ]  # fmt: skip
    assert all(before <= arrival.at <= time.time() for arrival in seen)
    assert made[0][1]["id"] == made[2][1]["id"], "the same key is the same post"
    assert doubles(seen) == 1, "but the judge sees that it was sent twice"
    assert judge.counts()["made"] == 3


def test_a_network_that_keeps_no_keys_makes_a_second_post(judge: Judge, account: Account) -> None:
    judge.set(keeps_keys=False)
    client = account(1)
    assert client.post("m1", "k1")[1]["id"] != client.post("m1", "k1")[1]["id"]


def test_posts_are_read_back_newest_first_and_can_be_deleted(judge: Judge, account: Account) -> None:
    client = account(7)
    ids = [client.post(f"m{number}")[1]["id"] for number in range(3)]
    client.ask("DELETE", f"/api/v1/statuses/{ids[1]}")
    newest = client.ask("GET", "/api/v1/accounts/7/statuses?limit=1")[1]
    older = client.ask("GET", f"/api/v1/accounts/7/statuses?limit=40&max_id={newest[0]['id']}")[1]
    assert [status["id"] for status in (*newest, *older)] == [ids[2], ids[0]]
    assert client.ask("GET", f"/api/v1/statuses/{ids[1]}")[0] == 404
    assert client.ask("GET", "/api/v1/accounts/8/statuses")[1] == []


def test_what_goes_over_a_limit_is_refused_told_and_counted(judge: Judge, account: Account) -> None:
    judge.set(limits={"account": (2, 3600), "instance": (3, 3600)})
    one, two = account(1), account(2)
    first = one.post("a")
    assert (first[0], first[2]["x-ratelimit-remaining"]) == (200, "1")
    assert one.post("b")[0] == 200
    status, _, headers = one.post("c")
    assert status == 429
    assert 1 <= int(headers["retry-after"]) <= 3601
    assert [two.post("d")[0], two.post("e")[0]] == [200, 429], "the server's limit holds for all accounts together"
    assert (judge.counts()["over"], judge.counts()["used"]["instance"]) == (2, 3)


def test_trouble_is_for_a_share_of_the_accounts_and_for_a_while(judge: Judge, account: Account) -> None:
    judge.set(trouble_share=10, trouble_status=429, trouble_after=30, trouble_until=time.time() + 3600)
    assert (account(105).post("a")[0], account(110).post("a")[0]) == (429, 200)
    judge.set(trouble_share=10, trouble_until=time.time() - 1)
    assert account(105).post("a")[0] == 200
    refused, again = (arrival.at for arrival in judge.arrivals() if arrival.account == "105")
    assert soonest(judge.arrivals()) == again - refused


@pytest.mark.parametrize(("after", "made"), [(True, 1), (False, 0)])
def test_an_answer_can_get_lost_after_the_post_was_made_or_before(judge: Judge, account: Account, after: bool, made: int) -> None:
    judge.set(dropped=1.0, dropped_after=after)
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        account(1).post("a")
    assert judge.counts()["made"] == made


def test_latency_lets_requests_overlap(judge: Judge, account: Account) -> None:
    judge.set(latency=0.3)
    clients = [account(number) for number in range(4)]
    for client in clients:
        client.connection.request("POST", "/api/v1/statuses", '{"status": "a"}', {"Authorization": f"Bearer t-{client.account}"})
    assert [client.connection.getresponse().status for client in clients] == [200] * 4
    assert judge.counts()["most_in_flight"] == 4
