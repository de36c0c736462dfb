"""Whatever the network answers, or does not answer: one post at most, and the row says how it ended."""

import socket
import time
import uuid
from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

import config
from app.clock import now
from app.db import session, transaction
from app.people.models import User
from app.sharing import deliveries, dispatching
from app.sharing.account_models import ConnectedAccount
from app.sharing.deliveries import Answer
from app.sharing.models import Delivery
from tests import rows
from tests.networks.wild import Behaviour, answering, redirecting, wild_server
from tests.sharing import builders
from tests.sharing.builders import Control, later, look, run_until

pytestmark = pytest.mark.usefixtures("committed")


def send(control: Control) -> uuid.UUID:
    [delivery_id] = builders.shared(control)
    dispatching.run()
    return delivery_id


def test_all_well(control: Control) -> None:
    """Sent once, recorded, with its attempt."""
    found = look(send(control))
    [status] = control.statuses()
    assert (found.state, found.remote_id) == ("published", status["id"])
    assert status["text"] == found.text
    assert [(one.number, one.outcome) for one in found.attempts] == [(1, "published")]
    assert found.lease is None


def test_dropped_before_the_post_is_made(control: Control) -> None:
    """Nobody can know: unconfirmed, then proven absent, then sent again, once."""
    control.fault("drop_before")
    delivery_id = send(control)
    assert (look(delivery_id).state, control.creates(), control.statuses()) == ("unconfirmed", 1, [])
    run_until(later(seconds=59))
    assert look(delivery_id).state == "unconfirmed"
    run_until(later(seconds=61))
    assert (look(delivery_id).state, control.creates(), len(control.statuses())) == ("published", 2, 1)


@pytest.mark.parametrize("fault", ["drop_after", "error_after", "no_id"])
def test_made_but_not_told(control: Control, fault: str) -> None:
    """The post is there, the answer is not: it is found again by its link, and no second request leaves."""
    control.fault(fault)
    delivery_id = send(control)
    assert look(delivery_id).state == "unconfirmed"
    run_until(later(seconds=61))
    found, [status] = look(delivery_id), control.statuses()
    assert (found.state, found.remote_id, control.creates()) == ("published", status["id"], 1)
    assert found.remote_url


def test_a_page_instead_of_an_answer(control: Control) -> None:
    """HTML with status 200 proves nothing; no post was made, so it is sent again after the look."""
    control.fault("html")
    delivery_id = send(control)
    assert (look(delivery_id).state, look(delivery_id).problem) == ("unconfirmed", "bad_answer")
    run_until(later(seconds=61))
    assert (look(delivery_id).state, len(control.statuses())) == ("published", 1)


def cut(connection: socket.socket, _request: bytes) -> None:
    """The connection ends in the middle of the answer."""
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{"id": "1234", "ur')


def nonsense(connection: socket.socket, _request: bytes) -> None:
    """Not even HTTP."""
    connection.sendall(bytes(range(256)))


NO_ANSWERS = {
    "cut": cut,
    "nonsense": nonsense,
    "nothing": lambda _connection, _request: None,
    "another kind": answering("200 OK\r\nContent-Type: application/json", b"[1, 2]"),
    "redirected": redirecting("/elsewhere"),
    "redirected for good": answering("308 Permanent Redirect\r\nLocation: https://elsewhere.example/api/v1/statuses"),
}


@pytest.mark.usefixtures("control")
@pytest.mark.parametrize("behave", NO_ANSWERS.values(), ids=NO_ANSWERS)
def test_what_is_no_answer_proves_nothing(behave: Behaviour) -> None:
    """Each look meets the same: one request has left and no other follows it; after the third look the owner is asked."""
    before = config.settings()
    with wild_server(behave) as server:
        config.use(replace(before, practice_url=server.url))
        found = to(server.host, network="practice")
        assert (found.state, found.tries) == ("unconfirmed", 0)
        for minutes in (1.1, 5.1, 30.1):
            run_until(later(minutes=minutes))
        config.use(before)
    found = look(found.id)
    assert (found.state, found.looks, builders.notices(found.user_id)) == ("unconfirmed", 3, ["delivery_unconfirmed"])
    assert [one[:4] for one in server.requests].count(b"POST") == 1


def test_slow_is_only_slow(control: Control) -> None:
    """An answer that takes its time is an answer."""
    control.fault("slow", seconds=1.5)
    assert look(send(control)).state == "published"
    assert control.creates() == 1


def test_an_answer_that_drips(control: Control) -> None:
    """Byte by byte, but in time."""
    control.fault("drip", seconds=0.01)
    assert look(send(control)).state == "published"


@pytest.mark.parametrize(("facts", "seconds"), [({"retry_after": 90}, 90), ({"reset_after": 120}, 120), ({}, 300)])
def test_asked_to_wait(control: Control, facts: dict[str, int], seconds: int) -> None:
    """429 with and without a time: it waits that long, and no try is used up."""
    control.fault("status", status=429, **facts)
    delivery_id = send(control)
    found = look(delivery_id)
    assert (found.state, found.tries, found.problem) == ("queued", 0, "rate_limited")
    assert abs((found.due_at - later(seconds=seconds)).total_seconds()) < 5
    run_until(later(seconds=seconds + 1))
    assert (look(delivery_id).state, control.creates()) == ("queued", 1)
    builders.pauses_end()
    builders.eventually(lambda: _comes_out(delivery_id, seconds), seconds=20)
    assert (look(delivery_id).tries, len(control.statuses())) == (0, 1)


def _comes_out(delivery_id: uuid.UUID, seconds: int) -> bool:
    """Redis was emptied, so the ledger is counted first."""
    run_until(later(seconds=seconds + 1))
    return look(delivery_id).state == "published"


def test_asked_to_wait_for_too_long(control: Control) -> None:
    """What could only leave too late is left out at once, and its owner is told."""
    control.fault("status", status=429, retry_after=3 * 3600)
    found = look(send(control))
    assert (found.state, found.problem) == ("skipped", "too_late")
    assert builders.notices(found.user_id) == ["delivery_skipped"]


def send_it_while_somebody_looks(control: Control, delivery_id: uuid.UUID) -> None:
    """Its owner says so in the middle of a slow look, which keeps its lease; returns when the look is over."""
    control.fault("slow", method="GET", path="/api/v1/accounts/*", seconds=1)
    looking = Thread(target=run_until, args=(later(hours=7),))
    looking.start()
    builders.eventually(lambda: not control.waiting())
    with transaction():
        owner = session.get_one(User, look(delivery_id).user_id)
        answered = deliveries.answer_unconfirmed(owner, delivery_id, Answer.SEND)
        assert (answered.state, answered.lease is not None) == ("queued", True)
    looking.join(20)


def test_found_while_its_owner_says_that_it_is_not_there(control: Control) -> None:
    """A look is on its way when the owner answers "send it": what it finds is the post, and no second one follows."""
    control.fault("drop_after")
    delivery_id = send(control)
    control.fault("status", status=500, method="GET", path="/api/v1/accounts/*", times=3)
    for minutes in (1.1, 5.1, 30.1):
        run_until(later(minutes=minutes))
    send_it_while_somebody_looks(control, delivery_id)
    found, [status] = look(delivery_id), control.statuses()
    assert (found.state, found.remote_id, control.creates()) == ("published", status["id"], 1)


def test_sent_again_as_soon_as_a_look_has_shown_nothing(control: Control) -> None:
    """The same, but it is not there: it leaves at once."""
    control.fault("drop_before")
    delivery_id = send(control)
    send_it_while_somebody_looks(control, delivery_id)
    dispatching.run()
    assert (look(delivery_id).state, control.creates(), len(control.statuses())) == ("published", 2, 1)


def test_of_two_posts_with_the_same_words_each_is_its_own(control: Control) -> None:
    """Without a link only the words tell posts apart: what another share has made is not taken for this one."""
    ids: list[uuid.UUID] = []
    for number in range(2):
        with transaction():
            emil = rows.emil() if number == 0 else session.get_one(User, look(ids[0]).user_id)
            account = builders.account(emil, control) if number == 0 else session.get_one(ConnectedAccount, look(ids[0]).account_id)
            ids.append(builders.delivery(builders.share(emil, builders.post(link=False), account)).id)
        dispatching.run()
        control.fault("drop_before")
    control.well_again()
    first, second = (look(one) for one in ids)
    assert (first.state, second.state, first.text) == ("published", "unconfirmed", second.text)
    run_until(later(minutes=1.1))
    dispatching.run()
    assert {look(one).remote_id for one in ids} == {status["id"] for status in control.statuses()}
    assert (look(ids[1]).state, control.creates(), len(control.statuses())) == ("published", 3, 2)


def test_trouble_before_the_request(control: Control) -> None:
    """Nothing was made, so it is tried again with growing waits; after the fifth time its owner is told."""
    [delivery_id] = builders.shared(control, with_picture=True)
    control.fault("status", status=503, path="/api/v2/media", times=None)
    for tries in range(1, 5):
        run_until(later(hours=1))
        assert (look(delivery_id).state, look(delivery_id).tries) == ("queued", tries)
    run_until(later(hours=1))
    found = look(delivery_id)
    assert (found.state, found.problem, control.creates()) == ("failed", "server_error", 0)
    assert builders.notices(found.user_id) == ["delivery_failed"]


def to(host: str, **more: Any) -> Delivery:
    """Shared to an account on this server, and tried once."""
    with transaction():
        emil = rows.emil()
        account = builders.plain_account(emil, host=host, **more)
        delivery_id = builders.delivery(builders.share(emil, builders.post(), account)).id
    dispatching.run()
    return look(delivery_id)


def test_a_name_that_leads_nowhere(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing has left us, so it is tried again."""

    known = socket.getaddrinfo

    def asked(host: str, *arguments: Any, **more: Any) -> Any:
        if host == "gone.example":
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", asked)
    found = to("gone.example")
    assert (found.state, found.problem, found.problem_detail, found.tries) == ("queued", "unreachable", "dns gone.example", 1)
    assert found.due_at > now()


def test_a_name_server_that_takes_its_time(control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """Longer than a request has to leave: by then somebody else may look for it, so it does not leave, and is tried again."""
    known, before, seconds = socket.getaddrinfo, config.settings(), [0.5, 0]

    def asked(*arguments: Any, **more: Any) -> Any:
        time.sleep(seconds.pop(0) if seconds else 0)
        return known(*arguments, **more)

    host = before.practice_url.removeprefix("http://").replace("127.0.0.1", "localhost")
    config.use(replace(before, practice_url=f"http://{host}"))
    [delivery_id] = builders.shared(control)
    monkeypatch.setattr(socket, "getaddrinfo", asked)
    with builders.pace(leaves=0.3):
        dispatching.run()
        found = look(delivery_id)
        assert (found.state, found.problem, found.tries, control.creates()) == ("queued", "overslept", 1, 0)
        run_until(later(minutes=2))
    assert (look(delivery_id).state, control.creates()) == ("published", 1)
    config.use(before)


def test_refused_for_good(control: Control) -> None:
    """The network will never take it: failed, told, not tried again."""
    control.fault("status", status=422)
    delivery_id = send(control)
    run_until(later(hours=1))
    found = look(delivery_id)
    assert (found.state, found.problem, control.creates()) == ("failed", "rejected", 1)
    assert builders.notices(found.user_id) == ["delivery_failed"]


def test_never_seen_again(control: Control) -> None:
    """Three looks show nothing because the network is gone: the owner is asked, once, and nothing is sent."""
    control.fault("drop_after")
    delivery_id = send(control)
    control.fault("status", status=500, method="GET", path="/api/v1/accounts/*", times=None)
    for minutes in (1.1, 5.1, 30.1, 400):
        run_until(later(minutes=minutes))
    found = look(delivery_id)
    assert (found.state, found.looks, control.creates()) == ("unconfirmed", 4, 1)
    assert builders.notices(found.user_id) == ["delivery_unconfirmed"]
    control.well_again()
    run_until(later(hours=7))
    assert (look(delivery_id).state, control.creates()) == ("published", 1)
